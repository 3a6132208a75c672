import CSystem
import Documents
import Files
import Glibc
import ProviderKit

/// Whether what is to be copied fits.
enum Space {
    /// - Throws: `Failure(.quota)` if the bytes that the files really store are more than is free. Files on the same file
    ///   system may come to share their bytes, so they are not asked about.
    static func check(_ path: String, for files: [OperationRequest.File], _ host: Host) throws {
        guard let folder = existing(path) else { return }
        var (place, space) = (stat(), statvfs())
        guard stat(folder, &place) == 0, statvfs(folder, &space) == 0 else { return }
        var needed: UInt64 = 0
        for file in files {
            let source = try SourceFile(host.open(file.name))
            var status = stat()
            guard fstat(source.number, &status) == 0, status.st_dev != place.st_dev else { continue }
            needed += UInt64(status.st_blocks) * 512
        }
        let free = UInt64(space.f_bavail) * UInt64(space.f_frsize)
        guard needed <= free else {
            throw Failure(
                .quota, "\(needed) bytes are to be copied, and \(free) are free", place: folder,
                hint: "make room, or publish to another directory")
        }
    }

    /// The nearest directory above the path that is there.
    private static func existing(_ path: String) -> String? {
        var path = path[...]
        while !path.isEmpty {
            if File.exists(String(path)) { return String(path) }
            guard let slash = path.lastIndex(of: "/") else { return nil }
            path = path[..<slash]
        }
        return "/"
    }
}
