// System packages on Debian and its kin: installed where that is allowed, else unpacked into the cache.
import { execFileSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { provision, withLock } from './cache.mjs';
import { runQuietly, say, Trouble } from './report.mjs';

/** The full path of a command on PATH, or undefined. */
export function findCommand(name) {
  for (const dir of (process.env.PATH ?? '').split(path.delimiter)) {
    const file = path.join(dir, name);
    try {
      accessSync(file, constants.X_OK);
      return file;
    } catch {
      // not here
    }
  }
  return undefined;
}

/** What to put before a command so that it runs as root; undefined where that is not possible without a password. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  if (!findCommand('sudo')) return undefined;
  try {
    execFileSync('sudo', ['-n', 'true'], { stdio: 'ignore' });
    return ['sudo', '-n'];
  } catch {
    return undefined;
  }
}

/**
 * Installs packages with apt-get as root or through sudo. Returns false, and changes nothing, where neither is to be
 * had or the system has no apt-get.
 */
export async function installDebianPackages(packages, why) {
  const prefix = rootPrefix();
  if (!findCommand('apt-get') || !prefix) return false;
  return withLock('apt', async () => {
    say(`Installing the system package ${packages.join(', ')} with apt-get: ${why}`);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
    const [command = 'apt-get', ...args] = [...prefix, 'apt-get'];
    await runQuietly('apt-get update', command, [...args, 'update'], { env });
    await runQuietly(
      'apt-get install',
      command,
      [...args, ...['-o', 'DPkg::Lock::Timeout=120', 'install', '-y', '--no-install-recommends', ...packages]],
      { env },
    );
    return true;
  });
}

/**
 * Downloads packages and unpacks them into the cache, without being root; `withMissing` takes the packages along that
 * they need and that the system lacks. Returns the folder that then stands for `/`.
 */
export async function unpackDebianPackages(name, packages, { withMissing = true } = {}) {
  if (!findCommand('apt-get') || !findCommand('dpkg-deb')) {
    throw new Trouble(`${packages.join(', ')} must be installed by hand: this system has no apt-get`);
  }
  return provision({
    name,
    why: `${packages.join(', ')}, unpacked here because apt-get may not install it (neither root nor sudo)`,
    pins: { packages, withMissing },
    async install(dir) {
      const apt = await privateApt(path.join(dir, 'apt'));
      let wanted = packages;
      if (withMissing) {
        const plan = await apt('work out what is missing', [
          ...['install', '--simulate', '--no-install-recommends', '-y', ...packages],
        ]);
        wanted = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1]);
      }
      const archives = path.join(dir, 'archives');
      mkdirSync(archives, { recursive: true });
      await apt(`download ${wanted.length} packages`, ['download', ...wanted], { cwd: archives });
      for (const archive of readdirSync(archives)) {
        await runQuietly(`unpack ${archive}`, 'dpkg-deb', ['-x', path.join(archives, archive), dir]);
      }
      for (const scratch of ['archives', 'apt']) rmSync(path.join(dir, scratch), { recursive: true });
    },
  });
}

/** An apt-get that keeps its lists and caches in `dir`, so that it needs no rights, and reads the system's sources. */
async function privateApt(dir) {
  for (const part of ['lists/partial', 'cache/archives/partial']) mkdirSync(path.join(dir, part), { recursive: true });
  const options = [
    ...['-o', `Dir::State::lists=${dir}/lists`, '-o', `Dir::Cache=${dir}/cache`],
    ...['-o', 'Debug::NoLocking=1', '-o', 'APT::Sandbox::User='],
  ];
  const apt = (title, args, spawnOptions) => runQuietly(title, 'apt-get', [...options, ...args], spawnOptions);
  await apt('apt-get update (private lists)', ['update']);
  return apt;
}
