import Documents
import FileSystems

/// Files of one sort while they are found: all counted, the largest kept.
struct Gathering {
    private(set) var count = 0
    private(set) var bytes: UInt64 = 0
    private var files: [LeftFile] = []
    /// Why the search was not to its end; nil if it was.
    var cut: String?

    mutating func add(_ found: GuestTree.Found) {
        count += 1
        let (sum, isOver) = bytes.addingReportingOverflow(found.status.size)
        bytes = isOver ? .max : sum
        files.append(
            LeftFile(
                path: found.path, size: found.status.size, user: found.status.user,
                permissions: found.status.permissions))
        if files.count >= 8 * Leftovers.limit { keepLargest() }
    }

    private mutating func keepLargest() {
        files.sort { ($1.size, $0.path) < ($0.size, $1.path) }
        files.removeLast(max(0, files.count - Leftovers.limit))
    }

    /// - Parameter places: where was looked, as evidence that nothing is there.
    mutating func fact(_ places: [String]) -> Fact<Leftovers> {
        keepLargest()
        guard count > 0 else {
            if let cut { return .unknown(cut) }
            return .absent(places.map { Evidence($0) })
        }
        let largest = files.prefix(20).map { Evidence($0.path, text: "\($0.size) bytes") }
        return .known(Leftovers(count: count, bytes: bytes, files: files, isCut: cut != nil), largest)
    }
}
