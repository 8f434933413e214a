import { createHash, generateKeyPairSync, randomBytes, sign, type KeyObject } from "node:crypto";

/** A certificate with its key, in PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly privateKey: KeyObject;
  readonly publicJwk: Readonly<Record<string, unknown>>;
  readonly subject: string;
  /** `x5t#S256` (RFC 8705 §3.1). */
  readonly thumbprint: string;
}

export interface CertificateOptions {
  /** Who signs it; left out: it signs itself. */
  readonly issuer?: Certificate;
  /** It may sign others. */
  readonly isAuthority?: boolean;
  /** When it ends. @defaultValue in a day */
  readonly notAfter?: Date;
}

const day = 86_400_000;

/** An X.509 certificate (RFC 5280) for `subject`, for 127.0.0.1 and localhost; ECDSA with P-256. */
export function createCertificate(subject: string, options: CertificateOptions = {}): Certificate {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const { issuer, isAuthority = false, notAfter = new Date(Date.now() + day) } = options;
  const algorithm = sequence(objectId("2a8648ce3d040302"));
  const tbs = sequence(
    node(0xa0, integer(Buffer.from([2]))),
    integer(Buffer.concat([Buffer.from([1]), randomBytes(8)])),
    algorithm,
    name(issuer?.subject ?? subject),
    sequence(time(new Date(notAfter.getTime() - 30 * day)), time(notAfter)),
    name(subject),
    publicKey.export({ format: "der", type: "spki" }),
    node(
      0xa3,
      sequence(
        extension("551d13", sequence(...(isAuthority ? [node(0x01, Buffer.from([0xff]))] : []))),
        extension(
          "551d11",
          sequence(node(0x87, Buffer.from([127, 0, 0, 1])), node(0x82, Buffer.from("localhost"))),
        ),
      ),
    ),
  );
  const der = sequence(tbs, algorithm, bitString(sign("sha256", tbs, issuer?.privateKey ?? privateKey)));
  return {
    cert: `-----BEGIN CERTIFICATE-----\n${der
      .toString("base64")
      .match(/.{1,64}/g)
      ?.join("\n")}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ format: "pem", type: "pkcs8" }).toString(),
    privateKey,
    publicJwk: { ...publicKey.export({ format: "jwk" }) },
    subject,
    thumbprint: createHash("sha256").update(der).digest("base64url"),
  };
}

/** DER (X.690): a tag, a length, a content. */
function node(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  const length =
    body.length < 128
      ? [body.length]
      : body.length < 256
        ? [0x81, body.length]
        : [0x82, body.length >> 8, body.length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), body]);
}

const sequence = (...content: readonly Buffer[]): Buffer => node(0x30, ...content);
const integer = (bytes: Buffer): Buffer => node(0x02, bytes);
const objectId = (hex: string): Buffer => node(0x06, Buffer.from(hex, "hex"));
const bitString = (bytes: Buffer): Buffer => node(0x03, Buffer.from([0]), bytes);
const extension = (id: string, value: Buffer): Buffer => sequence(objectId(id), node(0x04, value));
const time = (date: Date): Buffer =>
  node(0x17, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, "").slice(2, 14)}Z`));

/** One common name. */
function name(commonName: string): Buffer {
  return sequence(node(0x31, sequence(objectId("550403"), node(0x0c, Buffer.from(commonName)))));
}
