public import Documents
public import ProviderKit

/// Publishes container images to any registry of the OCI distribution specification, with Docker Hub's own ways.
public struct DockerHub: Provider {
    let host: Host

    public init(host: Host, configuration: JSON) throws { self.host = host }
}
