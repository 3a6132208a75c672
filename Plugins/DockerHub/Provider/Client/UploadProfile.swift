import Documents

/// How a registry takes large blobs best. The specification's POST and PUT works everywhere; chunks are the only form that a
/// broken upload continues in, and not everybody implements them.
struct UploadProfile: Sendable, Equatable {
    /// Bytes of a chunk; nil: the registry takes no chunks.
    var chunk: Int64?
    /// Blobs above this many bytes are sent in chunks from the start.
    var chunksAbove: Int64 = .max

    private static let mebibyte: Int64 = 1 << 20

    /// - Parameter chunk: MiB that the target's options ask for.
    init(_ repository: Repository, chunkMiB: Int64?) {
        if let chunkMiB {
            chunk = chunkMiB * Self.mebibyte
            chunksAbove = chunkMiB * Self.mebibyte
            return
        }
        let name = repository.host.prefix { $0 != ":" }
        // GHCR answers 416 to a PATCH above 4 MiB (github.com/ocx-sh/ocx/issues/237); ECR answers 201 and reports the first
        // chunk's Range for ever (github.com/aws/containers-roadmap/issues/2831); Artifact Registry is used so by its own
        // tools.
        let takesNone =
            name == "ghcr.io" || name == "gcr.io" || name.hasSuffix(".gcr.io") || name.hasSuffix(".pkg.dev")
            || name.hasSuffix(".amazonaws.com") || name == "public.ecr.aws"
        guard !takesNone else { return }
        chunk = 64 * Self.mebibyte
        // Docker Hub is derived from distribution, whose uploads continue at a chunk's end only.
        chunksAbove = 1 << 30
    }
}
