/**
 * <ax-passkey data-act="register|sign-in|prove">: the ceremonies of passkeys.
 *
 * Holds a button, perhaps an input (the name of a new passkey) and a place for what went wrong. It shows itself where
 * the browser can do this. `data-token` is the form token, `data-next` where to go on, `data-failed` the last word.
 */
const PATHS = {
  register: ["/api/v1/me/passkeys/options", "/api/v1/me/passkeys"],
  "sign-in": ["/api/v1/session/passkey/options", "/api/v1/session/passkey"],
  prove: ["/api/v1/me/proof/passkey/options", "/api/v1/me/proof/passkey"],
};

const bytes = (text) =>
  Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
const withId = (described) => ({ ...described, id: bytes(described.id) });

class Refused extends Error {
  constructor(problem) {
    super(problem.detail);
    this.proofNeeded = String(problem.type).endsWith("proof-needed");
  }
}

function creation(options) {
  return {
    ...options,
    challenge: bytes(options.challenge),
    user: withId(options.user),
    excludeCredentials: (options.excludeCredentials ?? []).map(withId),
  };
}

function asking(options) {
  return { ...options, challenge: bytes(options.challenge), allowCredentials: (options.allowCredentials ?? []).map(withId) };
}

/** The credential as the server reads it: every buffer as base64url. */
function plain(credential) {
  const { response } = credential;
  const found = {};
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) found[name] = text(response[name]);
  }
  if (response.getTransports) found.transports = response.getTransports();
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: {},
    response: found,
  };
}

class Passkey extends HTMLElement {
  connectedCallback() {
    if (!window.PublicKeyCredential) return;
    this.hidden = false;
    this.querySelector("button").addEventListener("click", () => this.run());
  }

  async run() {
    const button = this.querySelector("button");
    button.disabled = true;
    this.say("");
    try {
      await this.act();
    } catch (error) {
      this.failed(error);
    } finally {
      button.disabled = false;
    }
  }

  async act() {
    const [first, second] = PATHS[this.dataset.act];
    const options = await this.post(first, {});
    const made = this.dataset.act === "register"
      ? await navigator.credentials.create({ publicKey: creation(options) })
      : await navigator.credentials.get({ publicKey: asking(options) });
    const name = this.querySelector("input")?.value ?? "";
    const body = { credential: plain(made), ...(this.dataset.act === "register" ? { name } : {}) };
    await this.post(second, body);
    if (this.dataset.next) location.assign(this.dataset.next);
    else location.reload();
  }

  async post(path, body) {
    const headers = { "Content-Type": "application/json", Accept: "application/json", "X-CSRF-Token": this.dataset.token };
    const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), signal: AbortSignal.timeout(20000) });
    const found = await answer.json();
    if (!answer.ok) throw new Refused(found);
    return found;
  }

  failed(error) {
    if (error.proofNeeded) {
      location.assign(`/confirm?next=${encodeURIComponent(location.pathname)}`);
      return;
    }
    // a person who closes the browser's dialog knows what happened
    if (error.name !== "NotAllowedError") this.say(error instanceof Refused ? error.message : this.dataset.failed);
    else this.say(this.dataset.failed);
  }

  say(words) {
    const place = this.querySelector("[role=alert]");
    place.textContent = words;
    place.hidden = !words;
  }
}

customElements.define("ax-passkey", Passkey);
