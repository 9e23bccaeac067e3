// Discord's REST API; what goes wrong comes back as one sentence for the person.

const TRIES = 4;

const SENTENCES = {
  10003: "That channel no longer exists.",
  10008: "That message no longer exists.",
  10062: "That interaction is over; start it again.",
  10063: "That command no longer exists.",
  40005: "That file is too large to send.",
  50001: "You cannot see that channel.",
  50006: "There is nothing to send.",
  50013: "You do not have the permission for that here.",
};

/** A request failed; the message is a sentence that can be shown. */
export class RestError extends Error {
  constructor(status, body = {}) {
    super(sentence(status, body));
    this.status = status;
    this.code = body.code;
  }
}

function sentence(status, body) {
  if (status === 0) return "The server cannot be reached; check that it is still running.";
  if (status === 401) return "You are no longer logged in; reload the page.";
  if (SENTENCES[body.code]) return SENTENCES[body.code];
  if (status >= 500) return `The server failed to answer (${status}); try again in a moment.`;
  const detail = firstFieldError(body.errors);
  if (detail) return detail;
  const text = body.message || `The request was refused (${status})`;
  return /[.!?]$/.test(text) ? text : `${text}.`;
}

function firstFieldError(errors, path = []) {
  if (!errors || typeof errors !== "object") return "";
  const own = errors._errors?.[0]?.message;
  if (own) return `${path.filter((part) => part !== "data").join(" ") || "Value"}: ${own}`;
  for (const [name, inner] of Object.entries(errors)) {
    const found = firstFieldError(inner, [...path, name]);
    if (found) return found;
  }
  return "";
}

export class Rest {
  constructor(token) {
    this.token = token;
  }

  get(path) {
    return this.request("GET", path);
  }

  post(path, body, files) {
    return this.request("POST", path, body, files);
  }

  patch(path, body) {
    return this.request("PATCH", path, body);
  }

  put(path) {
    return this.request("PUT", path);
  }

  delete(path) {
    return this.request("DELETE", path);
  }

  /** Send a request and return its answer; a rate limit is waited for. */
  async request(method, path, body, files = []) {
    const url = `/api/v10${path}`;
    for (let tried = 1; ; tried += 1) {
      const response = await this.#send(url, method, body, files);
      if (response.status === 204) return null;
      const answer = await response.json().catch(() => ({}));
      if (response.ok) return answer;
      if (response.status !== 429 || tried === TRIES) throw new RestError(response.status, answer);
      await new Promise((resolve) => setTimeout(resolve, (answer.retry_after ?? 1) * 1000));
    }
  }

  async #send(url, method, body, files) {
    const headers = { Authorization: this.token };
    let payload;
    if (files.length) {
      payload = new FormData();
      payload.append("payload_json", JSON.stringify(body));
      files.forEach((file, index) => payload.append(`files[${index}]`, file, file.name));
    } else if (body !== undefined) {
      headers["Content-Type"] = "application/json";
      payload = JSON.stringify(body);
    }
    try {
      return await fetch(url, { method, headers, body: payload });
    } catch {
      throw new RestError(0);
    }
  }
}
