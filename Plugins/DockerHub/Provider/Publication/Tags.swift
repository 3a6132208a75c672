import Documents
import FoundationEssentials
import HTTP
import OCI
import ProviderKit

/// A repository's tags, read and removed (distribution specification 1.1, "Content discovery" and "Content management").
struct Tags: Sendable {
    let client: RegistryClient

    private static let limit = 100_000
    private static let pageLimit = 1000

    /// All of them, page after page. A registry whose pages lead in a circle, or never end, is left.
    /// - Parameter absent: what a repository has that is not there; nil: that is an error.
    func all(ifAbsent absent: [String]? = nil) async throws -> [String] {
        struct Page: Decodable {
            var tags: [String]?
        }
        var response = try await client.send("GET", "tags/list?n=1000")
        var tags: [String] = []
        var seen: Set<String> = []
        while true {
            if response.status == 404 {
                if let absent { return absent }
                throw Failure(
                    .notFound, "there is no repository \(client.repository)", place: response.place,
                    hint: "check its name at the registry; it may be one that these credentials cannot see",
                    vendorCode: RegistryError(response).code, httpStatus: 404)
            }
            guard response.isSuccess else { throw response.refusal("the list of tags", client) }
            guard let page = try? DocumentCoding.decode(Page.self, from: Data(response.body)) else {
                throw Failure(.refused, "the list of tags is not one", place: response.place)
            }
            tags += page.tags ?? []
            guard tags.count <= Self.limit else {
                throw Failure(.refused, "the repository has over \(Self.limit) tags", place: response.place)
            }
            guard let next = try Self.next(response) else { return tags.filter(Reference.isTag) }
            guard seen.insert(next).inserted, seen.count < Self.pageLimit else {
                throw Failure(
                    .refused, "the list of tags never ends: its pages lead to others after \(seen.count) of them",
                    place: response.place, hint: "this is the registry's defect: report it there")
            }
            response = try await client.send(HTTPRequest("GET", next))
        }
    }

    /// `Link: </v2/name/tags/list?n=1000&last=x>; rel="next"`
    static func next(_ response: HTTPResponse) throws -> String? {
        guard
            let link = response.headers.all("Link").first(where: {
                $0.contains("rel=\"next\"") || $0.contains("rel=next")
            }),
            let start = link.firstIndex(of: "<"), let end = link[start...].firstIndex(of: ">")
        else { return nil }
        return try response.resolving(String(link[link.index(after: start)..<end]))
    }

    /// Refuses a tag that is not there: it is misspelt.
    func require(_ tag: String) async throws {
        guard try await Manifests(client: client).head(tag) == nil else { return }
        throw Failure(
            .notFound, "\(client.repository) has no tag \(tag)", place: "\(client.repository):\(tag)",
            hint: "eulerpublisher tag list \(client.repository) names those that it has")
    }

    /// Pauses before each further look for a removed tag, in seconds: some registries take a moment.
    private static let pauses = [0, 0.5, 1, 2]

    /// Removes one, and looks whether it is gone. One that is not there is removed.
    func remove(_ tag: String) async throws {
        let response = try await client.send("DELETE", "manifests/\(tag)")
        switch response.status {
        case 404: return
        case 200, 202, 204:
            for pause in Self.pauses {
                try await Task.sleep(for: .seconds(pause))
                if try await Manifests(client: client).head(tag) == nil { return }
            }
            throw Failure(
                .refused,
                "\(client.repository.host) said that it removed the tag \(tag) (HTTP status \(response.status)), and it is still there",
                place: "\(client.repository):\(tag)",
                hint: "a rule may keep it, or somebody set it again: look in the registry's own console",
                httpStatus: response.status)
        case 400, 405:
            throw Failure(
                .refused, "\(client.repository.host) does not remove tags (HTTP status \(response.status))",
                place: "\(client.repository):\(tag)", hint: "remove it in the registry's own console",
                vendorCode: RegistryError(response).code, httpStatus: response.status)
        default: throw response.refusal("the removal of the tag \(tag)", client)
        }
    }
}
