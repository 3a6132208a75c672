import Documents
import FoundationEssentials
import HTTP
import OCI
import ProviderKit

/// Puts a tag's old value back, if it still has the one that was being given to it: whoever moved it since wants that.
struct Undo: Sendable {
    let client: RegistryClient
    let entry: LedgerEntry

    func perform() async throws {
        guard entry.kind == Place.tagKind else {
            throw Failure(.usage, "the ledger's entry is of the unknown kind \(entry.kind)")
        }
        // The old value is recorded before the tag moves: without a record it has not.
        guard entry.id != nil, let undo = entry.undo else { return }
        guard let tag = entry.find["tag"]?.string, Reference.isTag(tag), let to = entry.find["to"]?.string,
            let old = undo["from"]
        else { throw Failure(.usage, "the ledger's entry names no tag and old value") }
        let documents = Manifests(client: client)
        guard try await documents.head(tag)?.digest == to else { return }
        if old == .null { return try await Tags(client: client).remove(tag) }
        let from = try old.decoded(Manifests.Current.self)
        guard let (bytes, type) = try await documents.get(from.digest) else {
            throw Failure(
                .notFound, "\(client.repository) no longer has \(from.digest), which the tag \(tag) was",
                hint: "publish that image again to bring the tag back")
        }
        guard
            let missing = try await documents.put(
                tag, mediaType: type.isEmpty ? from.mediaType : type, digest: from.digest, body: .bytes(bytes))
        else { return }
        throw missing.failure
    }
}
