import Foundation
import RegistryPeers
import TestSupport

enum Media {
    static let index = "application/vnd.oci.image.index.v1+json"
    static let manifest = "application/vnd.oci.image.manifest.v1+json"
    static let config = "application/vnd.oci.image.config.v1+json"
    static let layer = "application/vnd.oci.image.layer.v1.tar+gzip"
    static let accept = ["Accept: \(manifest), \(index)"]
}

/// sha256sum's word for it.
func digest(_ text: String) throws -> String {
    let scratch = try Scratch()
    try scratch.write("text", text)
    return "sha256:" + (try run(["sha256sum", "\(scratch.path)/text"]).output.prefix(64))
}

/// An image of one layer; what it is made of is text, which is all that a registry looks at.
struct Image {
    var config: String
    var layer: String
    var manifest: String

    init(_ name: String, architecture: String = "amd64", subject: String? = nil) throws {
        layer = "layer of \(name)"
        config =
            #"{"architecture":"\#(architecture)","os":"linux","rootfs":{"type":"layers","diff_ids":[]},"x":"\#(name)"}"#
        manifest = try """
        {"schemaVersion":2,"mediaType":"\(Media.manifest)",
        "config":\(Self.descriptor(Media.config, config)),"layers":[\(Self.descriptor(Media.layer, layer))]\
        \(subject.map { ",\"artifactType\":\"application/x.note\",\"subject\":\($0)" } ?? "")}
        """
    }

    static func descriptor(_ media: String, _ text: String, size: Int? = nil, more: String = "") throws -> String {
        #"{"mediaType":"\#(media)","digest":"\#(try digest(text))","size":\#(size ?? text.utf8.count)\#(more)}"#
    }

    var descriptor: String { get throws { try Self.descriptor(Media.manifest, manifest) } }

    static func index(of images: [Image]) throws -> String {
        let architectures = ["amd64", "arm64"]
        let entries = try zip(images, architectures).map { image, architecture in
            try descriptor(
                Media.manifest, image.manifest,
                more: #","platform":{"os":"linux","architecture":"\#(architecture)"}"#)
        }
        return #"{"schemaVersion":2,"mediaType":"\#(Media.index)","manifests":[\#(entries.joined(separator: ","))]}"#
    }
}

extension Curl {
    /// Puts a blob into a repository.
    @discardableResult
    func blob(_ text: String, in name: String) async throws -> Reply {
        let begun = try await self("POST", "/v2/\(name)/blobs/uploads/")
        guard let location = begun.header("location") else { return begun }
        return try await self("PUT", absolute(location).adding("digest=\(digest(text))"), [], text)
    }

    /// Puts an image by its tag.
    func image(_ image: Image, in name: String, _ tag: String) async throws -> Reply {
        try await blob(image.config, in: name)
        try await blob(image.layer, in: name)
        return try await self(
            "PUT", "/v2/\(name)/manifests/\(tag)", ["Content-Type: \(Media.manifest)"], image.manifest)
    }

    func absolute(_ location: String) -> String { location.hasPrefix("/") ? url + location : location }
}
