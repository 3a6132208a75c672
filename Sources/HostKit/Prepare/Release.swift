public import Digest
public import OCI

/// A verified root filesystem archive of one architecture, in the cache.
public struct PreparedSource: Sendable, Equatable {
    public var architecture: Architecture
    public var platform: Platform
    /// Of the tar.xz in the cache.
    public var path: String
    public var digest: Digest
    /// In bytes.
    public var size: Int64
    /// Where it came from.
    public var url: String
    /// Bytes that this call fetched; the cache had the others.
    public var fetched: Int64
    public var downloaded: Bool { fetched > 0 }
}

/// What `ReleaseMirror.prepare` found: the sources that later steps read, all of one release and one date.
public struct PreparedRelease: Sendable, Equatable {
    public var version: String
    /// The directory below the version, with `current` replaced by its date.
    public var index: String
    /// Sorted by the mirror's spelling of the architecture.
    public var sources: [PreparedSource]
    /// Architectures that the mirror does not have.
    public var missing: [Architecture]
    /// The cache directory that holds the sources.
    public var cache: String
    public var lock: SourceLock
}
