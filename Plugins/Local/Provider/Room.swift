import CSystem
import Documents
import Files
import Glibc
import ProviderKit

/// Whether what is to be copied can be written, and fits.
enum Room {
    /// - Throws: `Failure` if `path` is or would be no directory, or one that we cannot write; with code `quota` if the bytes
    ///   that the files really store are more than is free. Files on the same file system may come to share their bytes, so
    ///   they are not asked about.
    static func check(_ path: String, _ host: Host, for files: [OperationRequest.File]) throws {
        let folder = nearest(path)
        var (place, space) = (stat(), statvfs())
        guard stat(folder, &place) == 0, place.st_mode & S_IFMT == S_IFDIR else {
            throw Failure(
                .usage, "this is no directory, and images are written to one", place: folder,
                hint: "name a directory")
        }
        guard access(folder, W_OK | X_OK) == 0 else {
            throw Failure(
                .usage, "the directory cannot be written: \(String(cString: strerror(errno)))", place: folder,
                hint: "name another directory, or let this user write it")
        }
        guard statvfs(folder, &space) == 0 else { return }
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

    /// The path, or what is nearest above it and there: a link that leads nowhere is there too.
    private static func nearest(_ path: String) -> String {
        var path = path[...]
        var status = stat()
        while !path.isEmpty, lstat(String(path), &status) != 0, let slash = path.lastIndex(of: "/") {
            path = path[..<slash]
        }
        return path.isEmpty ? "/" : String(path)
    }
}
