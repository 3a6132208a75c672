/// The spellings of a registry in files that hold credentials.
enum RegistryName {
    /// Docker Hub's, the one that `docker login` writes first: docker's source has it as the registry's "index server", and
    /// docs.docker.com/reference/cli/docker/login shows it in config.json.
    static let hub = ["https://index.docker.io/v1/", "docker.io", "index.docker.io", "registry-1.docker.io"]
    /// What Docker Hub's keys are compared as.
    private static let hubName = "docker.io"

    /// A key or a host as it is compared: without scheme, without the API's path, lower case, Docker Hub by one name.
    ///
    /// With a scheme, all of the path is the API's; without one it may be a repository, as containers-auth.json(5) has it,
    /// so that only `/v1` and `/v2` at its end go.
    static func normalized(_ key: String) -> String {
        var rest = key[...]
        var hadScheme = false
        for scheme in ["https://", "http://"] where rest.lowercased().hasPrefix(scheme) {
            rest = rest.dropFirst(scheme.count)
            hadScheme = true
        }
        if hadScheme { rest = rest.prefix { $0 != "/" } }
        while rest.hasSuffix("/") { rest.removeLast() }
        for version in ["/v1", "/v2"] where rest.hasSuffix(version) { rest.removeLast(version.count) }
        let host = rest.prefix { $0 != "/" }
        let path = rest.dropFirst(host.count)
        return (isHub(host.lowercased()) ? hubName : host.lowercased()) + path
    }

    static func isHub(_ host: String) -> Bool { hub.contains(host) }

    /// The keys that may stand for a repository, the most specific first: `host/a/b`, `host/a`, `host`.
    static func keys(registry: String, repository: String) -> [String] {
        let host = normalized(registry)
        let parts = repository.split(separator: "/")
        return (0...parts.count).reversed().map { ([host] + parts.prefix($0).map(String.init)).joined(separator: "/") }
    }

    /// The names that a helper may know the registry by.
    static func serverNames(_ registry: String) -> [String] {
        let host = normalized(registry)
        return host == hubName ? Array(hub.prefix(2)) : [host]
    }
}
