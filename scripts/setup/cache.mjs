// Where fetched tools live, and how one is put there: once, whole, and never by two runs at a time.
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../bundles.mjs';
import { say } from './report.mjs';

/** Folder of everything fetched. NANLENS_CACHE moves it, so that several checkouts can share one. */
export const cacheDir = path.resolve(process.env.NANLENS_CACHE || path.join(root, '.cache'));

const stampName = '.nanlens-stamp.json';

function readStamp(dir) {
  try {
    return JSON.parse(readFileSync(path.join(dir, stampName), 'utf8'));
  } catch {
    return undefined; // absent, or cut off in the middle: both mean "not installed"
  }
}

function same(left, right) {
  return JSON.stringify(left) === JSON.stringify(right);
}

function isRunning(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM'; // it runs, as somebody else
  }
}

/** True when the lock's owner is gone. A lock without an owner file is given a moment to get one. */
function isAbandoned(lock) {
  try {
    return !isRunning(Number(readFileSync(path.join(lock, 'pid'), 'utf8')));
  } catch {
    try {
      return Date.now() - statSync(lock).mtimeMs > 10_000;
    } catch {
      return false; // released just now
    }
  }
}

/** Moves the lock away before it is deleted, for another waiter may have taken it over in the meantime. */
function removeAbandoned(lock) {
  const aside = `${lock}.${process.pid}`;
  try {
    renameSync(lock, aside);
    if (isAbandoned(aside)) rmSync(aside, { recursive: true, force: true });
    else renameSync(aside, lock);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error; // it is gone already
  }
}

/** Runs `body` while no other process is inside `withLock` of the same name. */
export async function withLock(name, body) {
  const lock = path.join(cacheDir, 'locks', name);
  mkdirSync(path.dirname(lock), { recursive: true });
  let told = false;
  for (;;) {
    try {
      mkdirSync(lock);
      break;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned(lock)) {
      removeAbandoned(lock);
      continue;
    }
    if (!told) say(`${name}: another run is installing it; waiting`);
    told = true;
    await sleep(500);
  }
  try {
    writeFileSync(path.join(lock, 'pid'), String(process.pid));
    return await body();
  } finally {
    rmSync(lock, { recursive: true, force: true });
  }
}

/**
 * Makes `<cache>/<name>` hold what `pins` says and returns its path.
 *
 * `install(dir, previous)` fills `dir`. By default `dir` is a scratch folder that is renamed into place when it is
 * whole. With `inPlace` it is the final folder itself (for things that know their own path, such as a Python
 * environment); `previous` is then the stamp of a whole earlier install that may be brought up to date, or undefined.
 * The stamp is written last: an install that was cut off is seen and done again.
 *
 * @param {{ name: string, why: string, pins: object, inPlace?: boolean,
 *   install: (dir: string, previous: object | undefined) => Promise<void> }} part
 * @returns {Promise<string>}
 */
export async function provision({ name, why, pins, install, inPlace = false }) {
  const target = path.join(cacheDir, name);
  if (same(readStamp(target), pins)) return target;
  return withLock(name, async () => {
    const previous = readStamp(target);
    if (same(previous, pins)) return target;
    say(`Installing ${name} into ${path.relative(root, target) || target}: ${why}`);
    const started = Date.now();
    const dir = inPlace ? target : `${target}.partial`;
    if (!inPlace || !previous) rmSync(dir, { recursive: true, force: true });
    mkdirSync(dir, { recursive: true });
    // Until it is whole again it must not pass for installed.
    rmSync(path.join(dir, stampName), { force: true });
    try {
      await install(dir, inPlace ? previous : undefined);
      writeFileSync(path.join(dir, stampName), `${JSON.stringify(pins, null, 2)}\n`);
      if (!inPlace) {
        rmSync(target, { recursive: true, force: true });
        renameSync(dir, target);
      }
    } catch (error) {
      if (!inPlace) rmSync(dir, { recursive: true, force: true });
      throw error;
    }
    say(`Installed ${name} in ${Math.round((Date.now() - started) / 1000)} s`);
    return target;
  });
}
