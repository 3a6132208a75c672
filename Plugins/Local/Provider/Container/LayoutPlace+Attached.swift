import Digest
import Documents
import OCI

/// Manifests about the image, such as signatures: entries of index.json beside the tags', where other programs look for them.
extension LayoutPlace {
    private var attached: [OperationRequest.File] { artifact.files.filter { $0.subject != nil } }

    /// Those that index.json does not have.
    func unattached(in index: Index) -> Int {
        attached.count { file in
            !index.manifests.contains {
                "\($0.digest)" == file.digest && (file.tag == nil || $0.annotations?[Annotation.refName] == file.tag)
            }
        }
    }

    func attach(to index: inout Index) throws {
        for file in attached {
            let descriptor = Descriptor(
                mediaType: file.mediaType ?? MediaType.manifest, digest: try Digest(parsing: file.digest),
                size: file.size)
            if let tag = file.tag {
                guard index.find(tag: tag)?.digest != descriptor.digest else { continue }
                index.point(tag, to: descriptor)
            } else if !index.manifests.contains(where: { $0.digest == descriptor.digest }) {
                index.manifests.append(descriptor)
            }
        }
    }
}
