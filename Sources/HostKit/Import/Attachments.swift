public import Digest
import Documents
public import OCI

/// A manifest about another one: a signature, a bill of materials, an attestation. It names what it is about in its field
/// `subject` (image-spec 1.1, manifest.md), or in the tag that it is found by (github.com/sigstore/cosign,
/// specs/SIGNATURE_SPEC.md: `sha256-HEX.sig`, and so `.att` and `.sbom`).
public struct Attachment: Sendable, Equatable {
    public var descriptor: Descriptor
    public var subject: Digest
    /// Nil when the manifest itself has a subject.
    public var tag: String?

    public init(descriptor: Descriptor, subject: Digest, tag: String? = nil) {
        self.descriptor = descriptor
        self.subject = subject
        self.tag = tag
    }

    /// As a provider's answer has it: a descriptor with two members more.
    public struct Item: Sendable, Decodable {
        public let attachment: Attachment

        enum Keys: String, CodingKey { case subject, tag }

        public init(from decoder: any Decoder) throws {
            let members = try decoder.container(keyedBy: Keys.self)
            attachment = Attachment(
                descriptor: try Descriptor(from: decoder), subject: try members.decode(Digest.self, forKey: .subject),
                tag: try members.decodeIfPresent(String.self, forKey: .tag))
        }
    }

    /// What a tag of an attachment is about, and whether it is the list of the distribution specification ("Referrers Tag
    /// Schema") and not cosign's.
    static func subject(of tag: String) -> (digest: Digest, isList: Bool)? {
        guard tag.hasPrefix("sha256-"), let digest = try? Digest(parsing: "sha256:\(tag.dropFirst(7).prefix(64))")
        else {
            return nil
        }
        switch tag.dropFirst(7 + 64) {
        case "": return (digest, true)
        case ".sig", ".att", ".sbom": return (digest, false)
        default: return nil
        }
    }
}

extension ExistingImage {
    /// The image's manifests and indexes.
    public var documents: Set<Digest> {
        Set(
            blobs.map(\.descriptor).filter { MediaType.isIndex($0.mediaType) || MediaType.isManifest($0.mediaType) }
                .map(\.digest))
    }

    /// Adds what is attached, with its parts. What says to be about something that is not of the image is left out.
    /// - Throws: `Failure` when a part is missing or damaged.
    public mutating func attach(_ found: [Attachment], in layout: Layout) throws {
        var known = documents
        var seen = Set(blobs.map(\.descriptor.digest))
        for attachment in found {
            let own = try Self.subject(of: attachment.descriptor, layout)
            guard known.contains(attachment.subject), attachment.tag != nil || own == attachment.subject,
                !known.contains(attachment.descriptor.digest)
            else { continue }
            try keep(attachment.descriptor, partsIn: layout, &seen, depth: 0)
            known.insert(attachment.descriptor.digest)
            attachments.append(attachment)
        }
    }

    private mutating func keep(
        _ descriptor: Descriptor, partsIn layout: Layout, _ seen: inout Set<Digest>, depth: Int
    ) throws {
        guard depth <= Self.depthLimit else {
            throw Failure(.refused, "indexes are nested over \(Self.depthLimit) deep", place: layout.path)
        }
        guard seen.insert(descriptor.digest).inserted else { return }
        if MediaType.isIndex(descriptor.mediaType) {
            for entry in try layout.index(descriptor).manifests {
                try keep(entry, partsIn: layout, &seen, depth: depth + 1)
            }
        } else if MediaType.isManifest(descriptor.mediaType) {
            let manifest = try layout.manifest(descriptor)
            for part in manifest.layers + [manifest.config] where seen.insert(part.digest).inserted {
                try keep(part, layout)
            }
        }
        try keep(descriptor, layout)
    }

    static func subject(of descriptor: Descriptor, _ layout: Layout) throws -> Digest? {
        MediaType.isIndex(descriptor.mediaType)
            ? try layout.index(descriptor).subject?.digest
            : MediaType.isManifest(descriptor.mediaType) ? try layout.manifest(descriptor).subject?.digest : nil
    }
}

extension Layout {
    private static let roundLimit = 3

    /// What the layout holds about these manifests, and about that in turn: entries of index.json with a subject, and what
    /// their tags name.
    public func attachments(of documents: Set<Digest>) throws -> [Attachment] {
        let entries = try index().manifests.filter { !documents.contains($0.digest) }
        var known = documents
        var found: [Attachment] = []
        for _ in 0..<Self.roundLimit {
            let before = found.count
            for entry in entries {
                for attachment in attachments(entry) where known.contains(attachment.subject) {
                    guard known.insert(attachment.descriptor.digest).inserted else { continue }
                    found.append(attachment)
                }
            }
            if found.count == before { break }
        }
        return found
    }

    /// Whether an entry of index.json is about another one, and no image.
    func isAttached(_ entry: Descriptor) -> Bool { !attachments(entry).isEmpty }

    /// What cannot be read is about nothing.
    private func attachments(_ entry: Descriptor) -> [Attachment] {
        var plain = entry
        plain.annotations = nil
        if let tag = entry.annotations?[Annotation.refName], let (subject, isList) = Attachment.subject(of: tag) {
            guard isList else { return [Attachment(descriptor: plain, subject: subject, tag: tag)] }
            return ((try? index(entry))?.manifests ?? []).map { Attachment(descriptor: $0, subject: subject) }
        }
        let subject = (try? ExistingImage.subject(of: entry, self)) ?? nil
        return subject.map { [Attachment(descriptor: plain, subject: $0)] } ?? []
    }
}
