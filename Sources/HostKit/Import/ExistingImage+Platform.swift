import Documents
public import OCI

extension ExistingImage {
    /// One platform of the image, as an image of its own.
    /// - Parameter platform: `linux/arm64`, with a variant or without: `linux/arm/v7`.
    /// - Throws: `Failure(.usage)` listing what there is.
    public func only(_ platform: String, in layout: Layout) throws -> ExistingImage {
        guard MediaType.isIndex(root.mediaType) else {
            guard platforms.contains(where: { $0.answers(to: platform) }) else { throw lacks(platform) }
            return self
        }
        var found = try entries(of: root, layout).filter { $0.platform?.answers(to: platform) == true }
        // Of several variants the one without is meant by a name without.
        if found.count > 1 { found = found.filter { $0.platform.map { "\($0)" } == platform } }
        guard var manifest = found.first, found.count == 1 else { throw lacks(platform) }
        manifest.platform = nil
        manifest.annotations = nil
        return try ExistingImage(manifest, in: layout)
    }

    /// The images of an index, and of those that it names.
    private func entries(of descriptor: Descriptor, _ layout: Layout, depth: Int = 0) throws -> [Descriptor] {
        guard depth <= Self.depthLimit else { return [] }
        return try layout.index(descriptor).manifests.flatMap { entry in
            MediaType.isIndex(entry.mediaType) ? try entries(of: entry, layout, depth: depth + 1) : [entry]
        }
    }

    private func lacks(_ platform: String) -> Failure {
        Failure(
            .usage, "the image has no platform \(platform.prefix(80)), or several of that name",
            hint: "it has " + platforms.map(\.description).joined(separator: ", "))
    }
}

extension Platform {
    fileprivate func answers(to name: String) -> Bool { name == description || name == "\(os)/\(architecture)" }
}
