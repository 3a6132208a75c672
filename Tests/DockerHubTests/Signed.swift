import Digest
import Documents
import Foundation
import OCI

/// An image with a note about its index, one about its manifest, and a signature in cosign's manner.
struct Signed {
    static let note = "application/x.note"
    private static let signing = "application/vnd.dev.cosign.simplesigning.v1+json"

    var lab: ReleaseLab
    var notes: [Encoded] = []
    var signature: Encoded
    var signatureTag: String

    init(_ name: String = "one") throws {
        lab = try ReleaseLab(name)
        let empty = Encoded(text: "{}", MediaType.empty)
        try lab.add(empty)
        for subject in [lab.index.descriptor, lab.manifest.descriptor] {
            let text = Encoded(text: "about \(subject.digest)", Self.note)
            var manifest = Manifest(
                config: empty.descriptor, layers: [text.descriptor], annotations: ["x.note": name])
            manifest.artifactType = Self.note
            var plain = subject
            plain.platform = nil
            manifest.subject = plain
            let note = try Encoded(manifest, mediaType: MediaType.manifest)
            try lab.add(text)
            try lab.add(note) { $0.subject = "\(subject.digest)" }
            notes.append(note)
        }
        let payload = Encoded(text: "signed \(name)", Self.signing)
        let config = Encoded(
            text: #"{"architecture":"","os":"","rootfs":{"type":"layers","diff_ids":[]}}"#, MediaType.config)
        var layer = payload.descriptor
        layer.annotations = ["dev.cosignproject.cosign/signature": "MEQ="]
        signature = try Encoded(
            Manifest(config: config.descriptor, layers: [layer]), mediaType: MediaType.manifest)
        let tag = "sha256-\(lab.index.descriptor.digest.hex).sig"
        signatureTag = tag
        try lab.add(payload)
        try lab.add(config)
        let digest = "\(lab.index.descriptor.digest)"
        try lab.add(signature) {
            $0.subject = digest
            $0.tag = tag
        }
    }

    var index: String { "\(lab.index.descriptor.digest)" }
    var fallback: String { index.replacingOccurrences(of: ":", with: "-") }
}
