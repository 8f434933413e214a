// An API in a process of its own: its work is not on the clock of those that call it.

import { createServer } from "node:http";

const server = createServer((request, response) => {
  const status = request.headers.authorization === undefined ? 401 : 200;
  response.writeHead(status, { "content-type": "application/json" });
  response.end('{"invoices":[]}');
});
server.listen(0, "127.0.0.1", () => process.send?.(server.address()));
// Its caller is gone.
process.once("disconnect", () => process.exit());
