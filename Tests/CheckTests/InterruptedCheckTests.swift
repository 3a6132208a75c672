import Foundation
import TestSupport
import Testing

/// A check that a signal ends.
@Suite(
    "An interrupted check",
    .enabled(if: stage != nil && canMake, "run make test as root, with mke2fs, sfdisk, mtools, qemu-img and GRUB"))
struct InterruptedCheckTests {
    @Test("It ends with its signal's status and leaves no process and no file", arguments: [SIGINT, SIGTERM])
    func ends(_ signal: Int32) async throws {
        let image = try await Images.shared.path(.tiny)
        let scratch = try Scratch()
        let answer = try await runApart(
            ["python3", "-c", Self.driver, "\(signal)", "\(stage ?? "")/bin/eulerpublisher", "check", image, "--json"],
            in: scratch.path,
            environment: [
                "HOME": scratch.path, "XDG_STATE_HOME": scratch.path, "XDG_CACHE_HOME": scratch.path,
                "XDG_CONFIG_HOME": scratch.path, "TMPDIR": scratch.path,
            ])
        let lines = answer.output.split(separator: "\n")
        try #require(answer.status == 0 && lines.count == 8, "\(answer.output)")
        for line in lines {
            let words = line.split(separator: " ").compactMap { Int32($0) }
            try #require(words.count == 3, "\(line)")
            // A signal that comes before the program hears any ends it itself; one that comes late changes nothing.
            #expect([128 + signal, -signal, 3].contains(words[0]), "\(line)")
            #expect(words[1] == 0, "a process is left: \(line)")
            #expect(words[2] == 0, "a file is left: \(line)")
        }
        #expect(lines.count { $0.hasPrefix("\(128 + signal) ") } >= 2, "\(answer.output)")
    }

    /// Once to its end, and then with a signal at eight points of that time. Of each: the status, whether a process is still there
    /// ten seconds later, how many files there are.
    private static let driver = """
        import ctypes, os, sys, time
        # PR_SET_CHILD_SUBREAPER: orphans become this process's children, so that none is missed.
        ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)

        def run(delay):
            start = time.monotonic()
            null = os.open(os.devnull, os.O_WRONLY)
            child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ, file_actions=[
                (os.POSIX_SPAWN_DUP2, null, 1), (os.POSIX_SPAWN_DUP2, null, 2)])
            os.close(null)
            if delay is not None:
                time.sleep(delay)
                os.kill(child, int(sys.argv[1]))
            status = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
            took, end, left = time.monotonic() - start, time.monotonic() + 10, 1
            while time.monotonic() < end:
                try:
                    if os.waitpid(-1, os.WNOHANG)[0] == 0:
                        time.sleep(0.01)
                except ChildProcessError:
                    left = 0
                    break
            return took, status, left

        took, status, left = run(None)
        for part in range(1, 9):
            _, status, left = run(took * part / 10)
            print(status, left, sum(len(names) for _, _, names in os.walk(".")), flush=True)
        """
}
