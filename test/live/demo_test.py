# SPDX-License-Identifier: BSD-2-Clause
"""The demo proves what it shows: it passes as it is, and fails when a recording is
replaced by silence, by noise or by the other speaker."""

import array
import os
import random
import shutil
import subprocess
import wave

from live import Bench, need, run

BUILD = os.environ.get("AHOY_BUILD", "build/dev")
DEMO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../tools/demo")
RECORDINGS = ["1-alice-heard", "1-bob-heard", "2-alice-heard", "2-carol-heard"]


def demo(*args):
    build = os.path.relpath(BUILD, os.path.join(os.path.dirname(DEMO), ".."))
    return subprocess.run([DEMO, *args], env={**os.environ, "AHOY_BUILD": build}, text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=240)


def judge_with(kept, bench, name, recording, samples):
    """Judge a copy in which one recording has other sound in it."""
    folder = os.path.join(bench.folder, name + "-" + recording)
    shutil.copytree(kept, folder)
    path = os.path.join(folder, recording + ".wav")
    with wave.open(path) as f:
        old = array.array("h", f.readframes(f.getnframes()))
    new = samples(old, folder)
    with wave.open(path, "w") as f:
        f.setparams((1, 2, 8000, 0, "NONE", ""))
        f.writeframes(array.array("h", new[:len(old)]).tobytes())
    done = demo("--judge", folder)
    assert done.returncode == 1, "%s: exit %d\n%s" % (folder, done.returncode, done.stdout)
    assert "did not hear" in done.stdout, done.stdout


def silence(old, folder):
    return [0] * len(old)


def noise(old, folder):
    numbers = random.Random(1)
    return [numbers.randint(-8000, 8000) for _ in old]


def speaker(which):
    def samples(old, folder):
        with wave.open(os.path.join(folder, which + "-said.wav")) as f:
            return list(array.array("h", f.readframes(f.getnframes())))
    return samples


def test_the_demo_passes_and_cannot_be_deceived():
    need("espeak-ng")
    with Bench() as bench:
        kept = os.path.join(bench.folder, "kept")
        done = demo("--keep", kept)
        assert done.returncode == 0, done.stdout
        assert "Everyone heard who was to be heard." in done.stdout
        assert demo("--judge", kept).returncode == 0
        for recording in RECORDINGS:
            judge_with(kept, bench, "silence", recording, silence)
            judge_with(kept, bench, "noise", recording, noise)
            judge_with(kept, bench, "other", recording, speaker(recording.replace("-heard", "")))


if __name__ == "__main__":
    run(globals())
