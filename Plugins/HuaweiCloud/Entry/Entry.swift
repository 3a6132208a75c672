import HuaweiCloudManifest
import HuaweiCloudProvider
public import ProviderAPI
import ProviderKit

/// The library's one exported symbol, under the name that the contract gives it.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func eulerpublisher_provider_v1() -> UnsafePointer<ep_provider>? {
    ProviderLibrary.table(
        for: HuaweiCloud.self, manifest: ep_huaweicloud_manifest(), size: ep_huaweicloud_manifest_size())
}
