import LocalManifest
import LocalProvider
public import ProviderAPI
import ProviderKit

/// The library's one exported symbol.
@c @implementation
public func eulerpublisher_provider_v1() -> UnsafePointer<ep_provider>? {
    ProviderLibrary.table(
        for: Local.self, id: "local", version: "1.0.0", manifest: ep_local_manifest(),
        manifestSize: ep_local_manifest_size())
}
