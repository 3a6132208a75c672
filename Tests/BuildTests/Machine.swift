import Foundation
import TestSupport

/// What a build must leave as it was: what is mounted, which of its programs run, which loop devices and formats there are.
func machine() throws -> [String] {
    [
        try String(contentsOfFile: "/proc/self/mounts", encoding: .utf8),
        try run(["sh", "-c", "ps -eo args | grep -E '[f]use2fs|[q]emu-storage-daemon|[e]ulerpublisher-b'"]).output,
        try run(["sh", "-c", "cat /sys/block/loop*/loop/backing_file 2>/dev/null"]).output,
        try run(["sh", "-c", "ls /proc/sys/fs/binfmt_misc 2>/dev/null"]).output,
    ]
}

func names(_ folder: String) throws -> [String] { try FileManager.default.contentsOfDirectory(atPath: folder).sorted() }
