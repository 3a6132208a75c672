import Foundation
import TestSupport
import Testing

@Suite("Read back before it is named", .enabled(if: stage != nil, "EULERPUBLISHER_STAGE is not set: run make test"))
struct VerifyTests {
    @Test("A blob that rotted in the catalogue is found before any tag moves to it")
    func rottenBlob() throws {
        let work = try Work()
        defer { work.remove() }
        try work.makeMirror()
        let first = try work.publish(to: "first")
        try #require(first.status == 0, "\(first.output)")

        // The second catalogue already has the largest blob, of the right size and with one other byte.
        let blobs = "\(work.path)/first/blobs/sha256"
        let names = try FileManager.default.contentsOfDirectory(atPath: blobs)
        func size(_ name: String) -> Int {
            (try? FileManager.default.attributesOfItem(atPath: "\(blobs)/\(name)"))?[.size] as? Int ?? 0
        }
        let largest = try #require(names.max { size($0) < size($1) })
        var bytes = try Data(contentsOf: URL(fileURLWithPath: "\(blobs)/\(largest)"))
        bytes[bytes.count / 2] ^= 1
        try work.makeCatalogue("second", ["blobs/sha256/\(largest)": bytes])

        let second = try work.publish(to: "second")
        #expect(second.status == 6, "\(second.output)")
        #expect(second.output.contains("other bytes"), "\(second.output)")
        #expect(second.output.contains(largest), "\(second.output)")
        #expect(try work.tags("second") == [])
    }
}

extension Work {
    /// An OCI layout that names nothing yet and holds those files.
    fileprivate func makeCatalogue(_ directory: String, _ files: [String: Data]) throws {
        var files = files
        files["oci-layout"] = Data(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)
        files["index.json"] = Data(
            #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]}"#.utf8)
        for (name, data) in files {
            let url = URL(fileURLWithPath: "\(path)/\(directory)/\(name)")
            try FileManager.default.createDirectory(
                at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
            try data.write(to: url)
        }
    }
}
