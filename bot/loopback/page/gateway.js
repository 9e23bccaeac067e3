// The gateway's connection: log-in, heartbeats, resume, and patience when the server is away.

const OP = { DISPATCH: 0, HEARTBEAT: 1, IDENTIFY: 2, RESUME: 6, RECONNECT: 7, INVALID: 9, HELLO: 10, ACK: 11 };
const LOGIN_REFUSED = 4004;
const RESUMABLE_CLOSE = 4000;
const LONGEST_WAIT_S = 30;

/**
 * Emits "dispatch" {type, data} and "state" {state, retryAt}; a state is one of
 * "connecting", "ready" and "waiting".
 */
export class Gateway extends EventTarget {
  #socket = null;
  #heart = 0;
  #retry = 0;
  #sequence = null;
  #resumeUrl = null;
  #acknowledged = true;
  #attempts = 0;

  /** @param getSession fetches {token, gateway}; asked again when a log-in is refused. */
  constructor(getSession) {
    super();
    this.getSession = getSession;
    this.session = null;
    this.sessionId = null;
    this.state = "connecting";
  }

  async connect() {
    clearTimeout(this.#retry);
    this.#tell("connecting");
    try {
      this.session ??= await this.getSession();
    } catch {
      this.#waitAndRetry();
      return;
    }
    const base = (this.sessionId && this.#resumeUrl) || this.session.gateway;
    const url = new URL(base);
    url.host = location.host; // the name that the page came by, which its policy allows
    if (url.pathname === "/") url.pathname = "/gateway";
    url.search = "?v=10&encoding=json";
    const socket = new WebSocket(url);
    this.#socket = socket;
    socket.onmessage = (event) => this.#receive(JSON.parse(event.data));
    socket.onclose = (event) => socket === this.#socket && this.#closed(event.code);
  }

  /** Stop waiting and try at once. */
  retryNow() {
    if (this.state === "waiting") this.connect();
  }

  #tell(state, retryAt = null) {
    this.state = state;
    this.dispatchEvent(new CustomEvent("state", { detail: { state, retryAt } }));
  }

  #send(op, data) {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify({ op, d: data }));
  }

  #receive(frame) {
    if (frame.s !== null && frame.s !== undefined) this.#sequence = frame.s;
    switch (frame.op) {
      case OP.HELLO:
        this.#beat(frame.d.heartbeat_interval);
        this.#logIn();
        break;
      case OP.HEARTBEAT:
        this.#send(OP.HEARTBEAT, this.#sequence);
        break;
      case OP.ACK:
        this.#acknowledged = true;
        break;
      case OP.RECONNECT:
        this.#drop();
        break;
      case OP.INVALID:
        if (!frame.d) this.sessionId = null;
        this.#logIn();
        break;
      case OP.DISPATCH:
        this.#dispatch(frame.t, frame.d);
    }
  }

  #dispatch(type, data) {
    if (type === "READY") {
      this.sessionId = data.session_id;
      this.#resumeUrl = data.resume_gateway_url;
    }
    this.dispatchEvent(new CustomEvent("dispatch", { detail: { type, data } }));
    if (type === "READY" || type === "RESUMED") {
      this.#attempts = 0;
      this.#tell("ready");
    }
  }

  #logIn() {
    const { token } = this.session;
    if (this.sessionId) {
      this.#send(OP.RESUME, { token, session_id: this.sessionId, seq: this.#sequence });
    } else {
      const properties = { os: "", browser: "Loopback page", device: "" };
      this.#send(OP.IDENTIFY, { token, properties, capabilities: 0, compress: false });
    }
  }

  #beat(interval) {
    clearTimeout(this.#heart);
    this.#acknowledged = true;
    const beat = () => {
      if (!this.#acknowledged) {
        this.#drop(); // the line is dead though nobody has hung up
        return;
      }
      this.#acknowledged = false;
      this.#send(OP.HEARTBEAT, this.#sequence);
      this.#heart = setTimeout(beat, interval);
    };
    this.#heart = setTimeout(beat, interval * Math.random());
  }

  #drop() {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(RESUMABLE_CLOSE);
    this.#closed(RESUMABLE_CLOSE);
  }

  #closed(code) {
    clearTimeout(this.#heart);
    if (code === 1000 || code === 1001 || (code >= 4003 && code !== 4008)) this.sessionId = null;
    // A restarted server has handed out new tokens.
    if (code === LOGIN_REFUSED) this.session = null;
    this.#waitAndRetry();
  }

  #waitAndRetry() {
    const ceiling = Math.min(LONGEST_WAIT_S, 2 ** this.#attempts);
    const waitMs = this.#attempts ? ceiling * 1000 * (0.5 + Math.random() / 2) : 250;
    this.#attempts += 1;
    this.#tell("waiting", Date.now() + waitMs);
    this.#retry = setTimeout(() => this.connect(), waitMs);
  }
}
