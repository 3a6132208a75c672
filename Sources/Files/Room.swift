public import Documents
import Glibc

extension Failure {
    /// Bytes that are left at most where no program can go on writing.
    private static let rest: UInt64 = 1 << 20
    private static let noRoom = "no room is left"

    /// What failed while there was no room any more failed by that: file systems and programs upon them have many words for it.
    /// - Parameters:
    ///   - folder: where was written; what was written is still there.
    ///   - name: as people know it.
    /// - Returns: itself, if there is room; else one of quota whose place is the folder.
    public func lacksRoom(in folder: String, named name: String) -> Failure {
        if message.hasPrefix(Self.noRoom) {
            var named = self
            named.place = name
            return named
        }
        var status = statvfs()
        guard code == .quota || code == .refused || code == .internal || code == .crashed,
            statvfs(folder, &status) == 0,
            UInt64(status.f_bavail) * UInt64(status.f_frsize) < Self.rest
        else { return self }
        return Failure(
            .quota, "\(Self.noRoom): \(message)", place: name, hint: "make room there, or name another folder")
    }
}
