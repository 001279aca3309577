// A real OpenID Provider on loopback: node tests/servers/oidc-provider.mjs PORT CLIENTS
// CLIENTS is the JSON of its clients. Prints one line when it listens. Keys are RS256 and new each time; PKCE is
// required. Any login of ACCOUNTS is accepted with any password, on the library's own pages.
import { generateKeyPairSync } from "node:crypto";
import { Provider } from "oidc-provider";

const [port, clients] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;

const ACCOUNTS = {
  lan: { name: "Nguyễn Thị Lan", email: "lan@example.vn", email_verified: true, phone_number: "+84905777001", phone_number_verified: true },
  minh: { name: "Trần Văn Minh", email: "minh@example.vn", email_verified: false, phone_number: "+84905777002", phone_number_verified: false },
  hoa: { name: "Lê Thị Hoa", preferred_username: "supervisor.hepco", groups: ["phan-anh"], unit: "hepco" },
  tam: { name: "Phạm Văn Tâm", preferred_username: "tam.moi", groups: ["tong-dai"], unit: "" },
  khach: { name: "Khách", preferred_username: "khach", groups: [], unit: "" },
};

const key = generateKeyPairSync("rsa", { modulusLength: 2048 }).privateKey.export({ format: "jwk" });

const provider = new Provider(issuer, {
  clients: JSON.parse(clients),
  jwks: { keys: [{ ...key, kid: "signing", use: "sig", alg: "RS256" }] },
  pkce: { required: () => true },
  conformIdTokenClaims: false, // claims stand in the ID token, as with most providers of cities
  claims: {
    openid: ["sub"],
    profile: ["name", "preferred_username", "groups", "unit"],
    email: ["email", "email_verified"],
    phone: ["phone_number", "phone_number_verified"],
  },
  findAccount: (_context, id) => ACCOUNTS[id] && { accountId: id, claims: () => ({ sub: id, ...ACCOUNTS[id] }) },
  cookies: { keys: ["of the tests"] },
});

provider.listen(Number(port), "127.0.0.1", () => console.log(JSON.stringify({ issuer })));
