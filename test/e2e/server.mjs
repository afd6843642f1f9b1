// SPDX-License-Identifier: AGPL-3.0-or-later
// server.mjs: the real program with published contests, on a free port of this machine, with a store of its own.
import { execFile, spawn } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { promisify } from 'node:util';

import { hostilePapers } from './declarations.mjs';

const run = promisify(execFile), START_MS = 20_000;

/** Folders for `hustings publish`, made from the examples: several posts, and names that mean harm. */
function makeFolders(home) {
  const make = (slug, lines, files, papers) => {
    const folder = `${home}/${slug}`;
    mkdirSync(folder);
    for (const file of files) copyFileSync(file, `${folder}/${file.split('/').at(-1)}`);
    if (papers) writeFileSync(`${folder}/papers.csv`, papers);
    writeFileSync(`${folder}/contest.conf`, `[contest]\nslug = ${slug}\n${lines.join('\n')}\n`);
    return folder;
  };
  return [
    make('agm', ['title = Annual general meeting', 'date = 2016-07-09', 'rules = agm.rules', 'seed = agreed before the count', '[papers]', 'papers = papers.csv',
      '[sources]', 'Papers = made up for this test'], ['examples/agm/agm.rules', 'examples/agm/papers.csv']),
    make('hostile', ['title = A <script>window.hit=4</script> title', 'date = 2012-02-29', 'rules = av-2011', 'place = "><img src=x onerror=window.hit=8>',
      '[papers]', 'papers = papers.csv', '[sources]', '<b>Bad</b> = javascript:window.hit=9'], [], hostilePapers()),
  ];
}

export class Server {
  constructor() {
    this.home = mkdtempSync(`${tmpdir()}/hustings-e2e-`);
    this.store = `${this.home}/store.db`;
    this.environment = {};
  }

  async command(...words) {
    return run(process.env.HUSTINGS, words, { timeout: 120_000, env: { ...process.env, HUSTINGS_RECORD_OFFICER: 'Carol Count', ...this.environment } });
  }

  publish(folder, ...more) { return this.command('publish', folder, '--store', this.store, ...more); }

  /** The path of a link that signs one browser in as a steward. */
  async stewardsPath() {
    const { stdout } = await this.command('sign-in', '--for', 'Ada Poll', '--store', this.store, '--listen', new URL(this.origin).host);
    return new URL(stdout.trim()).pathname;
  }

  /** Publish, and serve until stop(). `this.origin` is where. */
  async start() {
    for (const folder of ['examples/labour-2010', 'examples/labour-2010-totals', 'examples/glasgow-2007', ...makeFolders(this.home)]) await this.publish(folder);
    await this.serve();
  }

  async serve() {
    this.process = spawn(process.env.HUSTINGS, ['serve', '--store', this.store, '--listen', '127.0.0.1:0'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, HUSTINGS_LIMITS_RATES: '1000', ...this.environment }, // a test signs in more often in a minute than a person
    });
    this.origin = await new Promise((yes, no) => {
      let said = '';
      const timer = setTimeout(() => no(new Error(`the server does not say where it is: ${said}`)), START_MS);
      this.process.stderr.on('data', (bytes) => {
        said += bytes;
        const url = said.match(/ url="?(http:\/\/127\.0\.0\.1:\d+)/)?.[1];
        if (!url) return;
        clearTimeout(timer);
        yes(url);
      });
      this.process.on('exit', (status) => no(new Error(`the server ended with ${status}: ${said}`)));
    });
  }

  async stopServing() {
    if (this.process && this.process.exitCode === null && !this.process.signalCode) {
      const ended = new Promise((yes) => { this.process.on('exit', yes); });
      this.process.kill('SIGTERM');
      await ended;
    }
  }

  async stop() {
    await this.stopServing();
    rmSync(this.home, { recursive: true, force: true });
  }
}
