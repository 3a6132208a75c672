import LocalManifest
import LocalProvider
public import ProviderAPI
import ProviderKit

/// The library's one exported symbol, under the name that the contract gives it.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func eulerpublisher_provider_v1() -> UnsafePointer<ep_provider>? {
    ProviderLibrary.table(for: Local.self, manifest: ep_local_manifest(), size: ep_local_manifest_size())
}
