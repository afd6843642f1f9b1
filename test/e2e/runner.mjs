// SPDX-License-Identifier: AGPL-3.0-or-later
// runner.mjs: runs checks, one line each, and counts them.
//
// A check is a name and an async function; it fails when the function throws or takes longer than LIMIT. What a
// function finds wrong it collects in a Findings, so that one run tells all of it.

const LIMIT = 90_000;

export class Findings {
  constructor() {
    this.list = [];
    this.contexts = [];
  }

  /** What open() or openSite() is about to open is closed when the check ends, however it ends. */
  async closes(opening) {
    const opened = await opening;
    this.contexts.push(opened.context);
    return opened;
  }

  async close() {
    for (const context of this.contexts.splice(0)) await context.close();
  }

  /** Note `what` unless it holds. */
  expect(holds, what) { if (!holds) this.list.push(what); }

  same(found, expected, what) {
    this.expect(found === expected, `${what}: expected ${JSON.stringify(expected)}, found ${JSON.stringify(found)}`);
  }

  /** Throw if anything was noted. */
  settle() {
    if (!this.list.length) return;
    const rest = this.list.length - 12;
    throw new Error(this.list.slice(0, 12).join('\n') + (rest > 0 ? `\nand ${rest} more` : ''));
  }
}

export class Runner {
  constructor() {
    this.passed = 0;
    this.failed = 0;
  }

  /** Run one check and tell whether it passed; `onFailure` may keep evidence. */
  async check(name, body, onFailure = async () => {}) {
    const findings = new Findings();
    let timer;
    try {
      const late = new Promise((_, no) => { timer = setTimeout(() => no(new Error(`took more than ${LIMIT / 1000} s`)), LIMIT); });
      await Promise.race([body(findings), late]);
      findings.settle();
      this.passed++;
      console.log(`ok      ${name}`);
      return true;
    } catch (error) {
      this.failed++;
      console.log(`FAILED  ${name}\n${String(error.message ?? error).replace(/^/gm, '        ')}`);
      await onFailure().catch(() => {});
      return false;
    } finally {
      clearTimeout(timer);
      await findings.close();
    }
  }

  /** The closing line; true when all went well. */
  finish() {
    console.log(`e2e: ${this.passed} passed, ${this.failed} failed`);
    return this.passed > 0 && this.failed === 0;
  }
}
