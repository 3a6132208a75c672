public import Digest
import Glibc

extension Index {
    /// The entry of that tag.
    public func find(tag: String) -> Descriptor? {
        manifests.first { $0.annotations?[Annotation.refName] == tag }
    }

    /// Points a tag at the descriptor, or removes it. Entries are sorted by tag, so that the order of two writers does not
    /// show.
    public mutating func point(_ tag: String, to descriptor: Descriptor?) {
        manifests.removeAll { $0.annotations?[Annotation.refName] == tag }
        guard var named = descriptor else { return }
        named.annotations = (named.annotations ?? [:]).merging([Annotation.refName: tag]) { _, new in new }
        manifests.append(named)
        manifests.sort { ($0.annotations?[Annotation.refName] ?? "") < ($1.annotations?[Annotation.refName] ?? "") }
    }
}

extension Layout {
    /// Every blob that an entry of the index reaches. What cannot be read reaches nothing further.
    public func blobs(reachedFrom index: Index) -> Set<Digest> {
        var found: Set<Digest> = []
        var left = index.manifests
        while let next = left.popLast() {
            guard found.insert(next.digest).inserted else { continue }
            if MediaType.isIndex(next.mediaType) {
                left += (try? self.index(next))?.manifests ?? []
            } else if let manifest = try? manifest(next) {
                found.formUnion([manifest.config.digest] + manifest.layers.map(\.digest))
            }
        }
        return found
    }
}
