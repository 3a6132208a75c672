"""What measuring has in common: who took which memory, what the page cache holds, how figures are written."""
import os
import statistics
import subprocess
import threading

CACHES = "/proc/sys/vm/drop_caches"


class Watch:
    """Peak memory of any process below one, and what they all read from the disk, looked at thirty times a second."""

    def __init__(self, pid):
        self.pid, self.peak, self.read, self.done = pid, {}, 0, threading.Event()
        self.thread = threading.Thread(target=self.loop)
        self.thread.start()

    def loop(self):
        while not self.done.wait(0.03):
            for pid in self.family():
                try:
                    with open(f"/proc/{pid}/status") as file:
                        text = file.read()
                    name = text.split(None, 2)[1]
                    if "VmHWM:" in text:
                        self.peak[name] = max(self.peak.get(name, 0), int(text.split("VmHWM:")[1].split()[0]) / 1024)
                    if pid == self.pid:
                        # With what its ended children read.
                        with open(f"/proc/{pid}/io") as file:
                            self.read = int(file.read().split("\nread_bytes:")[1].split()[0])
                except (OSError, IndexError, ValueError):
                    pass

    def family(self):
        found, left = [], [self.pid]
        while left:
            pid = left.pop()
            found.append(pid)
            try:
                for thread in os.listdir(f"/proc/{pid}/task"):
                    with open(f"/proc/{pid}/task/{thread}/children") as file:
                        left += [int(child) for child in file.read().split()]
            except OSError:
                pass
        return found

    def stop(self):
        self.done.set()
        self.thread.join()


def can_drop():
    """Whether this user may empty the page cache."""
    return os.access(CACHES, os.W_OK)


def drop(but=()):
    """Empties the page cache, but for these files."""
    os.sync()
    with open(CACHES, "w") as file:
        file.write("3")
    for path in but:
        subprocess.run(["cat", path], stdout=subprocess.DEVNULL, check=True)


def staged(tree):
    """The files of a staged tree that run."""
    return [os.path.join(folder, name) for part in ("bin", "lib", "libexec")
            for folder, _, names in os.walk(os.path.join(tree, part)) for name in names]


def with_libraries(programs):
    """The programs, and the shared libraries that they load, each once."""
    found = set()
    for program in programs:
        listing = subprocess.run(["ldd", program], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True).stdout
        found.update(word for word in listing.split() if word.startswith("/") and os.path.isfile(word))
    return [*programs, *sorted(found)]


def figures(values):
    return f"{statistics.median(values):7.2f} ({min(values):.2f}-{max(values):.2f})"
