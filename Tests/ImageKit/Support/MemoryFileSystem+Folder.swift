import FileSystems
import Foundation

extension MemoryFileSystem {
    /// What lies in a folder of this machine: names, kinds, permissions and bytes; everything is root's.
    /// - Parameter empty: whether a file's bytes are left out, by its path below the folder.
    public init(folder: String, empty: (String) -> Bool = { _ in false }) throws {
        var files: [String: Node] = [:]
        let manager = FileManager.default
        for name in try manager.subpathsOfDirectory(atPath: folder) {
            let path = "\(folder)/\(name)"
            let attributes = try manager.attributesOfItem(atPath: path)
            let mode = (attributes[.posixPermissions] as? NSNumber)?.uint16Value ?? 0o644
            switch attributes[.type] as? FileAttributeType {
            case .typeDirectory?: files["/\(name)"] = .folder(mode)
            case .typeSymbolicLink?:
                files["/\(name)"] = .link(try manager.destinationOfSymbolicLink(atPath: path))
            case .typeRegular?:
                let bytes = empty("/\(name)") ? [] : [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
                files["/\(name)"] = .bytes(bytes, mode: mode)
            default: continue
            }
        }
        self.init(files)
    }
}
