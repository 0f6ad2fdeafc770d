// The Python environment with the real frameworks: proofs, examples and the recorder's tests run in it.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { root } from '../bundles.mjs';
import { cacheDir, provision } from './cache.mjs';
import { installDebianPackages, unpackDebianPackages } from './debian.mjs';
import { runQuietly, say, Trouble } from './report.mjs';

const requirements = path.join(root, 'test/proofs/requirements.txt');
const frameworks = ['torch', 'numpy', 'keras', 'jax', 'optax', 'tensorflow'];

/** The interpreter to build upon: NANLENS_PYTHON, else python3. Its version and place are part of the pins. */
function findInterpreter() {
  const command = process.env.NANLENS_PYTHON || 'python3';
  const ask = 'import sys; print(sys.executable); print("%d.%d.%d" % sys.version_info[:3])';
  let answer;
  try {
    answer = execFileSync(command, ['-c', ask], { encoding: 'utf8' });
  } catch (error) {
    throw new Trouble(
      `Python 3.11 or newer is needed and ${command} does not run (${error.code ?? error.message}). ` +
        'Install it (Debian: apt-get install python3 python3-venv) or set NANLENS_PYTHON to an interpreter.',
    );
  }
  const [executable = command, version = ''] = answer.trim().split('\n');
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major !== 3 || minor < 11) {
    throw new Trouble(
      `Python 3.11 or newer is needed, ${executable} is ${version}. Set NANLENS_PYTHON to a newer one.`,
    );
  }
  return { executable, version };
}

function hasModule(python, name) {
  try {
    execFileSync(python, ['-c', `import ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** Creates the environment. Debian keeps pip's bootstrap (ensurepip) in a package of its own, python3-venv. */
async function createEnvironment({ executable, version }, dir) {
  const minor = version.split('.').slice(0, 2).join('.');
  if (hasModule(executable, 'venv') && hasModule(executable, 'ensurepip')) {
    await runQuietly('create the environment', executable, ['-m', 'venv', '--clear', dir]);
    return;
  }
  say(`  ${executable} lacks venv or ensurepip (Debian: package python3-venv)`);
  if (await installDebianPackages([`python${minor}-venv`], 'it creates Python environments')) {
    await runQuietly('create the environment', executable, ['-m', 'venv', '--clear', dir]);
    return;
  }
  const wheels = await unpackDebianPackages('python-pip-wheel', ['python3-pip-whl'], { withMissing: false });
  const wheelDir = path.join(wheels, 'usr/share/python-wheels');
  await runQuietly('create the environment', executable, ['-m', 'venv', '--clear', '--without-pip', dir]);
  const python = path.join(dir, 'bin/python');
  const bootstrap = `import glob, runpy, sys; w = glob.glob(sys.argv[1] + '/pip-*.whl')[0]; sys.path.insert(0, w);
sys.argv = ['pip', 'install', '--no-index', w]; runpy.run_module('pip', run_name='__main__')`;
  await runQuietly('install pip', python, ['-c', bootstrap, wheelDir]);
}

/** Makes the environment ready and returns its interpreter's path. */
export async function ensurePython() {
  const interpreter = findInterpreter();
  const pins = {
    base: interpreter.executable,
    python: interpreter.version,
    requirements: readFileSync(requirements, 'utf8')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line && !line.startsWith('#')),
  };
  const dir = await provision({
    name: 'venv',
    why:
      'PyTorch, NumPy, Keras, JAX, Optax and TensorFlow for proofs that run real training code ' +
      '(about 3 GB; several GB more where the package index serves PyTorch with CUDA)',
    pins,
    inPlace: true,
    async install(dir, previous) {
      const python = path.join(dir, 'bin/python');
      const usable = previous?.base === pins.base && previous?.python === pins.python && existsSync(python);
      if (!usable) await createEnvironment(interpreter, dir);
      await runQuietly('pip install', python, [
        ...['-m', 'pip', 'install', '--no-input', '--disable-pip-version-check', '--progress-bar', 'off'],
        ...['-r', requirements],
      ]);
      // An install that cannot be imported (a missing system library, a wheel for another CPU) must not be stamped.
      for (const framework of frameworks) {
        await runQuietly(`import ${framework}`, python, ['-c', `import ${framework}`], {
          env: { ...process.env, KERAS_BACKEND: 'torch' },
        });
      }
    },
  });
  return path.join(dir, 'bin/python');
}

/** Where the interpreter of a made environment is. */
export const pythonPath = path.join(cacheDir, 'venv/bin/python');
