import Digest
import Documents
import Files
import FoundationEssentials
public import OCI

/// An image that exists, read as far as its documents go: everything that its root reaches, with the files that hold it.
public struct ExistingImage: Sendable {
    public struct Blob: Sendable {
        public var descriptor: Descriptor
        /// The file with its bytes.
        public var path: String
    }

    /// The index, or the manifest of an image of one platform.
    public var root: Descriptor
    /// What the root reaches and the root itself, each once; documents come after what they name.
    public var blobs: [Blob] = []
    public var platforms: [Platform] = []
    /// Of the root, and where it says nothing, the first image's labels.
    public var annotations: [String: String] = [:]
    /// What is attached to it; the files are among the blobs.
    public internal(set) var attachments: [Attachment] = []

    static let descriptorLimit = 4096
    static let depthLimit = 3

    /// Reads documents and checks their digests; of other blobs only that they are there in their full size.
    /// - Throws: `Failure` naming what is missing or damaged.
    public init(_ root: Descriptor, in layout: Layout) throws {
        self.root = root
        var seen: Set<Digest> = []
        try walk(root, layout, &seen, depth: 0)
        // An artifact has no platform, and is copied as an image is.
        guard blobs.contains(where: { MediaType.isManifest($0.descriptor.mediaType) }) else {
            throw Failure(.refused, "there is no image in it: its index names no manifest", place: layout.path)
        }
    }

    private mutating func walk(_ descriptor: Descriptor, _ layout: Layout, _ seen: inout Set<Digest>, depth: Int) throws
    {
        guard depth <= Self.depthLimit else {
            throw Failure(.refused, "indexes are nested over \(Self.depthLimit) deep", place: layout.path)
        }
        guard seen.insert(descriptor.digest).inserted else { return }
        if MediaType.isIndex(descriptor.mediaType) {
            let index = try layout.index(descriptor)
            try check(index.mediaType, descriptor, layout)
            if depth == 0 { annotations = index.annotations ?? [:] }
            for entry in index.manifests { try walk(entry, layout, &seen, depth: depth + 1) }
        } else if MediaType.isManifest(descriptor.mediaType) {
            let manifest = try layout.manifest(descriptor)
            try check(manifest.mediaType, descriptor, layout)
            try platform(manifest, descriptor, layout, isRoot: depth == 0)
            for part in manifest.layers + [manifest.config] where seen.insert(part.digest).inserted {
                try keep(part, layout)
            }
        }
        try keep(descriptor, layout)
    }

    /// A document that says of itself to be something else is read differently by different programs.
    private func check(_ stated: String?, _ descriptor: Descriptor, _ layout: Layout) throws {
        guard stated == nil || stated == descriptor.mediaType else {
            throw Failure(
                .refused,
                "\(descriptor.digest) is named as \(descriptor.mediaType) and says that it is \(stated ?? "")",
                place: layout.path)
        }
    }

    /// Attestations stand in an index as images of the platform unknown/unknown.
    private mutating func platform(_ manifest: Manifest, _ descriptor: Descriptor, _ layout: Layout, isRoot: Bool)
        throws
    {
        if let platform = descriptor.platform {
            if platform.os != "unknown" { add(platform) }
            if !annotations.isEmpty || platform.os == "unknown" { return }
        }
        guard [MediaType.config, MediaType.dockerConfig].contains(manifest.config.mediaType) else { return }
        let config = try layout.config(manifest.config)
        if descriptor.platform == nil {
            add(Platform(os: config.os, architecture: config.architecture, variant: config.variant))
        }
        if annotations.isEmpty { annotations = manifest.annotations ?? config.config?.labels ?? [:] }
    }

    private mutating func add(_ platform: Platform) { if !platforms.contains(platform) { platforms.append(platform) } }

    mutating func keep(_ descriptor: Descriptor, _ layout: Layout) throws {
        guard blobs.count < Self.descriptorLimit else {
            throw Failure(.refused, "the image has over \(Self.descriptorLimit) parts", place: layout.path)
        }
        guard layout.has(descriptor.digest, size: descriptor.size) else {
            throw Failure(
                .refused, "\(descriptor.digest) is missing, or has not the \(descriptor.size) bytes that are stated",
                place: layout.blobPath(descriptor.digest), hint: "copy the image into the layout again")
        }
        blobs.append(Blob(descriptor: descriptor, path: layout.blobPath(descriptor.digest)))
    }

    /// The images of several sources as one, for each platform one: nothing is rebuilt.
    /// - Parameter layout: gets the index that joins them.
    /// - Throws: `Failure` when two have the same platform.
    public init(joining images: [ExistingImage], in layout: Layout) throws {
        var entries: [Descriptor] = []
        for image in images {
            let manifests = image.blobs.map(\.descriptor).filter { MediaType.isManifest($0.mediaType) }
            guard image.platforms.count == 1, var manifest = manifests.first, manifests.count == 1 else {
                throw Failure(
                    .usage,
                    "\(image.root.digest) holds \(image.platforms.count) platforms, and one is joined at a time",
                    hint: "name the images of single platforms")
            }
            let platform = image.platforms[0]
            if entries.contains(where: { $0.platform == platform }) {
                throw Failure(.usage, "two of the images to join are for \(platform)", hint: "leave one out")
            }
            manifest.platform = platform
            manifest.annotations = nil
            entries.append(manifest)
        }
        let isDocker = entries.allSatisfy { $0.mediaType == MediaType.dockerManifest }
        let type = isDocker ? MediaType.dockerManifestList : MediaType.index
        let words = isDocker ? [:] : images.first?.annotations ?? [:]
        var index = Index(manifests: entries, annotations: words.isEmpty ? nil : words)
        index.mediaType = type
        let encoded = try Encoded(index, mediaType: type)
        try layout.add(encoded)
        root = encoded.descriptor
        var seen: Set<Digest> = []
        blobs = (images.flatMap(\.blobs).filter { !MediaType.isIndex($0.descriptor.mediaType) }).filter {
            seen.insert($0.descriptor.digest).inserted
        }
        blobs.append(Blob(descriptor: root, path: layout.blobPath(root.digest)))
        platforms = images.flatMap(\.platforms)
        annotations = images.first?.annotations ?? [:]
    }
}

extension Layout {
    /// What a tag of the layout stands for; without a tag, its only image.
    /// - Throws: `Failure(.usage)` listing what there is.
    public func image(tag: String?) throws -> Descriptor {
        let entries = try index().manifests
        let found =
            tag == nil
            ? entries.filter { !isAttached($0) } : entries.filter { $0.annotations?[Annotation.refName] == tag }
        guard let first = found.first, Set(found.map(\.digest)).count == 1 else {
            if let tag, found.count > 1 {
                throw Failure(
                    .usage, "the layout has the tag \(tag) \(found.count) times, for different images", place: path,
                    hint: "take all but one out of index.json")
            }
            let tags = entries.compactMap { $0.annotations?[Annotation.refName] }.prefix(20).joined(separator: ", ")
            throw Failure(
                .usage,
                tag.map { "the layout has no tag \($0)" } ?? "the layout holds \(entries.count) images, not one",
                place: path, hint: tags.isEmpty ? "it names no tags" : "its tags are \(tags)")
        }
        var root = first
        root.annotations = nil
        return root
    }
}
