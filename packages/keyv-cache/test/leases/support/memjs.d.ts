/** memjs has no types of its own: what these tests use of it. */
declare module "memjs" {
  export class Client {
    static create(servers: string, options: object): Client;
    add(key: string, value: string, options: { expires?: number }): Promise<boolean>;
    get(key: string): Promise<{ value: Buffer | null; flags: Buffer | null }>;
    delete(key: string): Promise<boolean>;
    close(): void;
  }
}
