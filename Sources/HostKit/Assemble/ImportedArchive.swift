import Documents
import Files
import Glibc
public import OCI

/// Takes the image of a docker-archive into a layout: its layers in gzip, under a manifest of the image specification.
/// - Parameters:
///   - path: a tar as `docker save` writes it, compressed or not.
///   - image: which one of several: `REPOSITORY[:TAG]` as the archive calls it, or `@` and its number from 0.
///   - level: of zlib; with the same level and zlib the same archive gives the same digest.
/// - Returns: the manifest's descriptor.
/// - Throws: `Failure` for an archive that is none or holds other than one image and none is named.
public func importArchive(
    _ path: String, image: String? = nil, into layout: Layout, level: Int32 = AssemblyOptions().compressionLevel
) async throws -> Descriptor {
    let spool = "\(layout.path)/spool.\(getpid()).\(UInt64.random(in: 0 ... .max))"
    guard mkdir(spool, 0o700) == 0 else { throw File.failure("make the directory", spool) }
    defer { File.removeFlatDirectory(spool) }
    let archive = try await DockerArchive(path, image: image, spool: spool, level: level, threads: 2)
    var layers: [Descriptor] = []
    for layer in archive.layers {
        if !layout.has(layer.digests.output, size: layer.digests.outputSize) {
            try layout.adopt(layer.compressed, as: layer.digests.output)
        }
        layers.append(
            Descriptor(mediaType: MediaType.layerGzip, digest: layer.digests.output, size: layer.digests.outputSize))
    }
    let config = try Encoded(archive.config, mediaType: MediaType.config)
    try layout.add(config)
    let manifest = try Encoded(Manifest(config: config.descriptor, layers: layers), mediaType: MediaType.manifest)
    try layout.add(manifest)
    return manifest.descriptor
}
