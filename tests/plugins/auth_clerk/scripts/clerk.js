// In place of @clerk/clerk-js: as much of `window.Clerk` as is documented and used. A session of it is remembered by
// the browser, as Clerk's own cookie would be; its tokens come from the twin.
(() => {
  const script = document.querySelector("script[data-clerk-publishable-key]");
  const home = new URL(script.src).origin;
  const KEY = "stand-in-session";
  const ask = async (path) => (await fetch(`${home}/twin/${path}`)).json();
  const listeners = [];

  class Clerk {
    session = null;
    loaded = false;

    async load(options) {
      if (!options?.ui?.ClerkUI) throw new Error("without its components Clerk mounts nothing");
      this.options = options;
      const sid = localStorage.getItem(KEY);
      if (sid && (await ask(`client?sid=${sid}`)).active) this.session = this.#session(sid);
      this.loaded = true;
    }

    addListener(listener) {
      listeners.push(listener);
      listener({ session: this.session });
    }

    async signOut(after) {
      await ask(`sign-out?sid=${this.session.id}`);
      localStorage.removeItem(KEY);
      this.session = null;
      listeners.forEach((listener) => listener({ session: null }));
      if (typeof after === "function") after();
      else location.assign("/");
    }

    mountSignIn(place, { routing, forceRedirectUrl }) {
      if (routing !== "hash") throw new Error("only by hash the page stays the same");
      const { colorBackground, colorForeground, colorPrimary, colorPrimaryForeground } = this.options.appearance.variables;
      // its styles are made while it runs, as the real one's
      const style = document.createElement("style");
      style.textContent = `.stand-in { display: grid; gap: 1rem; padding: 2rem; border-radius: 12px;
        background: ${colorBackground}; color: ${colorForeground} }
        .stand-in button { min-height: 44px; background: ${colorPrimary}; color: ${colorPrimaryForeground} }`;
      document.head.append(style);
      const box = document.createElement("form");
      box.className = "stand-in";
      box.innerHTML = `<label>Who are you? <input name="name" autocomplete="off"></label><button>Continue</button>`;
      box.addEventListener("submit", async (event) => {
        event.preventDefault();
        const { sid } = await ask(`sign-in?name=${box.elements.name.value}`);
        localStorage.setItem(KEY, sid);
        // some ways to sign in lead over other sites and back to the page
        if (box.elements.name.value === "grace") location.assign(forceRedirectUrl);
        else {
          this.session = this.#session(sid);
          listeners.forEach((listener) => listener({ session: this.session }));
        }
      });
      place.append(box);
    }

    #session(sid) {
      return { id: sid, status: "active", getToken: async () => (await ask(`token?sid=${sid}`)).token };
    }
  }

  window.Clerk = new Clerk();
})();
