// Chromium, the window in which the browser VS Code is driven and looked at.
import { accessSync, constants, existsSync } from 'node:fs';
import path from 'node:path';
import { findCommand, installDebianPackages, unpackDebianPackages } from './debian.mjs';
import { Trouble } from './report.mjs';

const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];

/**
 * Finds a Chromium, or installs one.
 *
 * @returns {Promise<{ executable: string, env: Record<string, string> }>} the program and what its environment needs
 */
export async function ensureBrowser() {
  const chosen = process.env.NANLENS_CHROMIUM;
  if (chosen) {
    try {
      accessSync(chosen, constants.X_OK);
    } catch {
      throw new Trouble(`NANLENS_CHROMIUM is ${chosen}, which is not a program that can be run`);
    }
    return { executable: chosen, env: {} };
  }
  const found = findAny();
  if (found) return { executable: found, env: {} };
  if (process.platform !== 'linux') {
    throw new Trouble(
      'The tests drive VS Code in Chromium or Chrome: install one and set NANLENS_CHROMIUM to its program.',
    );
  }
  if (
    await installDebianPackages(
      ['chromium', 'fonts-dejavu-core'],
      'the tests drive the browser VS Code in it (about 400 MB)',
    )
  ) {
    const installed = findAny();
    if (installed) return { executable: installed, env: {} };
    throw new Trouble('apt-get installed chromium, but no chromium is on PATH');
  }
  return unpacked(await unpackDebianPackages('chromium', ['chromium', 'fonts-dejavu-core']));
}

function findAny() {
  for (const name of names) {
    const file = findCommand(name);
    if (file) return file;
  }
  return undefined;
}

/** Debian's launcher script expects files below /, so an unpacked Chromium is started by its binary. */
function unpacked(dir) {
  const arch = { x64: 'x86_64-linux-gnu', arm64: 'aarch64-linux-gnu' }[process.arch] ?? '';
  const libraries = [`usr/lib/${arch}`, `lib/${arch}`, 'usr/lib', 'usr/lib/chromium']
    .map((part) => path.join(dir, part))
    .filter((part) => existsSync(part));
  const env = { LD_LIBRARY_PATH: libraries.join(':') };
  if (!existsSync('/etc/fonts/fonts.conf')) env.FONTCONFIG_SYSROOT = dir;
  return { executable: path.join(dir, 'usr/lib/chromium/chromium'), env };
}
