import AliyunManifest
import AliyunProvider
public import ProviderAPI
import ProviderKit

/// The library's one exported symbol, under the name that the contract gives it.
// swift-format-ignore: AlwaysUseLowerCamelCase
@c @implementation
public func eulerpublisher_provider_v1() -> UnsafePointer<ep_provider>? {
    ProviderLibrary.table(for: Aliyun.self, manifest: ep_aliyun_manifest(), size: ep_aliyun_manifest_size())
}
