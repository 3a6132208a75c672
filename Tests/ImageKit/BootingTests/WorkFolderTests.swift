import Foundation
import Glibc
import Programs
import TestSupport
import Testing

@Suite struct WorkFolderTests {
    private let scratch: Scratch
    init() throws { scratch = try Scratch() }

    /// - Parameter seconds: since its lock was made; nil: it has none.
    private func leave(_ name: String, lockedSince seconds: Int?) throws -> String {
        let folder = "\(scratch.path)/\(name)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data("disk".utf8).write(to: URL(fileURLWithPath: "\(folder)/disk1"))
        if let seconds {
            let lock = "\(folder)/lock"
            try Data().write(to: URL(fileURLWithPath: lock))
            var times = [
                timeval(tv_sec: time(nil) - seconds, tv_usec: 0), timeval(tv_sec: time(nil) - seconds, tv_usec: 0),
            ]
            utimes(lock, &times)
        }
        return folder
    }

    @Test("What a killed process left is gone with the next, and nobody else's is")
    func swept() throws {
        let dead = try leave("work-aaaaaa", lockedSince: 5)
        let young = [try leave("work-bbbbbb", lockedSince: 0), try leave("work-cccccc", lockedSince: nil)]
        let held = try leave("work-dddddd", lockedSince: 5)
        let lock = open("\(held)/lock", O_RDWR | O_CLOEXEC)
        defer { close(lock) }
        #expect(flock(lock, LOCK_EX | LOCK_NB) == 0)
        let other = try leave("else-aaaaaa", lockedSince: 5)
        let work = try WorkFolder(in: scratch.path, named: "work")
        #expect(access(dead, F_OK) != 0)
        for folder in young + [held, other, work.path] { #expect(access(folder, F_OK) == 0, "\(folder)") }
    }
}
