"""The programs that are measured: debpress, its peers, and the floors.

Each subject is prepared once for a corpus and then asked for one round after
another, so that rounds of different subjects alternate and a noisy minute of
the machine does not fall on one of them alone.
"""

import gzip
import os
import re
import shutil
import tempfile

import measure

SUITE = "stable"
ARCH = "amd64"
INDEX = "dists/%s/main/binary-%s/Packages" % (SUITE, ARCH)


TRASH = "trash"


def clean(path):
    """Puts a directory out of the way, for `empty_trash` to delete.

    Nothing is deleted while something is measured: for minutes after many
    files were deleted, ext4 looks over their inodes for each file that is made,
    and that took half of all CPU time of an import.
    """
    if os.path.lexists(path):
        trash = os.path.join(os.path.dirname(path), TRASH)
        os.makedirs(trash, exist_ok=True)
        place = tempfile.mkdtemp(dir=trash)
        os.rename(path, os.path.join(place, os.path.basename(path)))


def empty_trash(work):
    """Deletes what `clean` has put away."""
    shutil.rmtree(os.path.join(work, TRASH), ignore_errors=True)


def count_stanzas(path):
    """How many packages a Packages file, plain or gzip, names."""
    opener = gzip.open if path.endswith(".gz") else open
    with opener(path, "rb") as handle:
        return sum(line.startswith(b"Package:") for line in handle)


class Corpus:
    """Packages on disk, and one more package for each round."""

    def __init__(self, folder, size, deltas):
        self.folder, self.size, self.deltas = folder, size, deltas


class Debpress:
    """init, add, the first publication, an idle one, and one package more."""

    def __init__(self, options, corpus, tally, log):
        self.options, self.corpus, self.tally, self.log = options, corpus, tally, log
        self.base = os.path.join(options.work, "site-%d" % corpus.size)
        self.site = self.base + "-round"

    def measure(self, step, arguments, packages=None):
        """One measured call of debpress, filed under the name of the step."""
        sample = measure.run([self.options.binary] + arguments, self.log,
                             self.environment(), self.options.timeout)
        self.tally.add(self.corpus.size, "debpress " + step, sample, packages)

    def environment(self):
        """The caller's environment without what would change the site."""
        return {key: value for key, value in os.environ.items()
                if not key.startswith("DEBPRESS_")}

    def prepare(self):
        """Makes the site and imports the corpus, once or several times."""
        for _ in range(self.options.import_rounds):
            clean(self.base)
            self.measure("init", [
                "init", self.base, "--distribution", "bench", "--series", SUITE,
                "--arch", ARCH, "--no-signing-key"])
            self.measure("add, all packages", [
                "--site", self.base, "add", os.path.join(self.corpus.folder, "pool"),
                "--suite", SUITE], self.corpus.size)

    def round(self, number):
        """The publications, for each set of compressors, on a fresh copy."""
        for names in self.options.compressors:
            label = " (%s)" % "+".join(names)
            clean(self.site)
            clone(self.base, self.site)
            set_compressors(os.path.join(self.site, "debpress.toml"), names)
            self.publish("publish, first" + label)
            self.expect(self.corpus.size)
            self.publish("publish, nothing to do" + label)
            delta = self.corpus.deltas[number]
            self.measure("add, one package" + label, [
                "--site", self.site, "add", delta, "--suite", SUITE])
            self.publish("publish, one package" + label)
            self.expect(self.corpus.size)

    def publish(self, step):
        self.measure(step, ["--site", self.site, "publish-distro"])

    def expect(self, packages):
        """A fast publication of the wrong thing must not enter the table."""
        found = find_index(self.site)
        if count_stanzas(found) != packages:
            raise measure.StepFailed("%s names %d packages, expected %d" % (
                found, count_stanzas(found), packages))

    def finish(self):
        if not self.options.keep:
            clean(self.base)
            clean(self.site)


def find_index(site):
    """The published Packages.gz of a site, wherever its archives live."""
    for top, folders, _ in os.walk(site):
        folders[:] = [name for name in folders if name not in ("objects", "pool")]
        path = os.path.join(top, INDEX + ".gz")
        if os.path.exists(path):
            return path
    raise measure.StepFailed("no %s.gz below %s" % (INDEX, site))


def clone(source, target):
    """Copies a site; its objects, which never change, are linked.

    Importing takes longest, so the rounds of publication share one import.
    """
    objects = os.path.join(source, "objects") + os.sep

    def copy(old, new):
        if old.startswith(objects):
            os.link(old, new)
        else:
            shutil.copy2(old, new)

    shutil.copytree(source, target, copy_function=copy, symlinks=True)


def set_compressors(path, names):
    """Sets [publish] compressors in a debpress.toml, commented out or not."""
    value = "compressors = [%s]" % ", ".join('"%s"' % name for name in names)
    with open(path, encoding="utf-8") as handle:
        text = handle.read()
    text, found = re.subn(r"(?m)^[# ]*compressors *=.*$", value, text, count=1)
    if not found:
        text, found = re.subn(r"(?m)^\[publish\]$", "[publish]\n" + value, text)
    if not found:
        text += "\n[publish]\n%s\n" % value
    with open(path, "w", encoding="utf-8") as handle:
        handle.write(text)


class Reprepro:
    """The same packages through reprepro: includedeb, export, and one more."""

    steps = ("import, all packages", "export", "import and export, one package")

    def __init__(self, options, corpus, tally, log):
        self.options, self.corpus, self.tally, self.log = options, corpus, tally, log
        self.base = os.path.join(options.work, "reprepro-%d" % corpus.size)
        self.installed = shutil.which("reprepro") is not None

    def measure(self, step, script, packages=None):
        sample = measure.run(
            ["bash", "-o", "pipefail", "-ec", script, "bash", self.base,
             os.path.join(self.corpus.folder, "pool")],
            self.log, timeout=self.options.timeout)
        self.tally.add(self.corpus.size, "reprepro " + step, sample, packages)

    def prepare(self):
        if not self.installed:
            for step in self.steps:
                self.tally.skip(self.corpus.size, "reprepro " + step, "not installed")
            return
        for _ in range(self.options.import_rounds):
            clean(self.base)
            os.makedirs(os.path.join(self.base, "conf"))
            with open(os.path.join(self.base, "conf", "distributions"), "w",
                      encoding="utf-8") as handle:
                handle.write("Codename: %s\nArchitectures: %s\nComponents: main\n"
                             "DebIndices: Packages Release . .gz\n" % (SUITE, ARCH))
            # 50,000 names are more than one command line holds.
            self.measure(self.steps[0], (
                'find "$2" -name "*.deb" -print0 | sort -z | xargs -0 -n 5000 '
                'reprepro --silent -b "$1" --export=never -C main -S misc '
                '-P optional includedeb %s' % SUITE), self.corpus.size)

    def round(self, number):
        if not self.installed:
            return
        self.measure(self.steps[1], 'reprepro --silent -b "$1" export')
        delta = self.corpus.deltas[number]
        self.measure(self.steps[2], (
            'reprepro --silent -b "$1" -C main -S misc -P optional includedeb %s '
            '$(find "%s/pool" -name "*.deb")' % (SUITE, delta)))

    def finish(self):
        if not self.options.keep:
            clean(self.base)


class Floors:
    """What a publication cannot do without, and apt's own indexer.

    apt-ftparchive reads every package each time unless it has a cache; its
    cached figure is that of a second run. gzip and xz compress the finished
    Packages file and do nothing else. sha256sum reads every package once.
    """

    def __init__(self, options, corpus, tally, log):
        self.options, self.corpus, self.tally, self.log = options, corpus, tally, log
        self.folder = os.path.join(options.work, "floors-%d" % corpus.size)
        self.installed = shutil.which("apt-ftparchive") is not None
        indexer = 'cd "$2" && apt-ftparchive -q %s packages pool | gzip -n >"$1/%s.gz"'
        self.apt_steps = (
            ("apt-ftparchive packages + gzip, no cache", indexer % ("", "Packages")),
            ("apt-ftparchive packages + gzip, with its cache",
             indexer % ('-d "$1/cache.db"', "cached")))

    def script(self, text):
        return ["bash", "-o", "pipefail", "-ec", text, "bash", self.folder,
                self.corpus.folder]

    def measure(self, step, text, packages=None):
        sample = measure.run(self.script(text), self.log, timeout=self.options.timeout)
        self.tally.add(self.corpus.size, step, sample, packages)

    def prepare(self):
        clean(self.folder)
        os.makedirs(self.folder)
        if not self.installed:
            for step, _ in self.apt_steps:
                self.tally.skip(self.corpus.size, step, "not installed")
            return
        # Fills the cache; its cost is that of the step without a cache.
        measure.run(self.script(self.apt_steps[1][1]), self.log,
                    timeout=self.options.timeout)

    def round(self, number):
        self.measure("floor: sha256sum of all packages", (
            'find "$2/pool" -name "*.deb" -print0 | xargs -0 sha256sum '
            '>"$1/sums"'), self.corpus.size)
        if not self.installed:
            return
        for step, text in self.apt_steps:
            self.measure(step, text)
        if number == 0:
            measure.run(self.script('gzip -dc "$1/Packages.gz" >"$1/Packages"'),
                        self.log)
        self.measure("floor: gzip -9 of Packages", 'gzip -9nc "$1/Packages" >"$1/out.gz"')
        self.measure("floor: xz -6 of Packages", 'xz -6c "$1/Packages" >"$1/out.xz"')

    def finish(self):
        if not self.options.keep:
            clean(self.folder)
