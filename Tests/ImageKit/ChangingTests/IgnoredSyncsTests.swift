import CSystem
import Foundation
import Glibc
import Testing

@Suite struct IgnoredSyncsTests {
    @Test(
        "A builder's thread, and what it starts, waits for no disk; others do",
        .enabled(if: geteuid() == 0, "run make test as root: the filter asks for its rights"))
    func syncs() throws {
        let ended = DispatchSemaphore(value: 0)
        nonisolated(unsafe) var results: [Int32] = []
        Thread {
            // Of no file: done, they would fail.
            results = [eps_ignore_syncs(), fsync(-1), fdatasync(-1)]
            ended.signal()
        }.start()
        ended.wait()
        #expect(results == [0, 0, 0])
        #expect(fsync(-1) == -1 && errno == EBADF)
    }
}
