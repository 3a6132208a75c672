extension Rule {
    /// The pages that the rules come from.
    enum Page {
        static let distribution = "https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md"
        private static let image = "https://github.com/opencontainers/image-spec/blob/v1.1.1/"
        static let layout = image + "image-layout.md"
        static let index = image + "image-index.md"
        static let config = image + "config.md"
        static let annotations = image + "annotations.md"
        static let layer = image + "layer.md"
        static let scout = "https://docs.docker.com/scout/policy/"
        static let repositories = "https://docs.docker.com/docker-hub/repos/manage/information/"
        static let sponsored = "https://docs.docker.com/docker-hub/repos/manage/trusted-content/dsos-program/"
        static let verified = "https://docs.docker.com/docker-hub/repos/manage/trusted-content/dvp-program/"
        private static let officialImages = "https://github.com/docker-library/official-images/blob/master/"
        static let official = officialImages + "README.md"
        static let officialChecklist = officialImages + "NEW-IMAGE-CHECKLIST.md"
        static let tags = "https://gitee.com/openeuler/TC/tree/master/oEEP"
        static let images = "https://gitee.com/openeuler/openeuler-docker-images"
        static let publisher = "https://gitee.com/openeuler/eulerpublisher"
        static let reproducible = "https://github.com/moby/buildkit/blob/master/docs/build-repro.md"
        static let signatures = "https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md"
    }

    /// All of them, in the order of their numbers.
    public static let all: [Rule] = [
        grammar, digests, mediaTypes, platforms, platformConfig, diffIDs, manifestSize, releaseTags, immutableTags,
        shellCommand, entrypoint, user, attestations, fixable, exploited, agpl, currentBase, annotations,
        baseAnnotations,
        created, shortDescription, fullDescription, sections, tagList, links, categories, openSource, pullLimit,
        verifiedPublisher, officialImage, buildInputs, repeatable, secrets, leftovers, compression, signature,
    ]

    static let grammar = Rule(
        "R01", "registry.name.grammar", .error, .layout,
        "The repository's name and every tag follow the grammar; host and name have at most 255 characters.",
        why: "Registries refuse other names, and many clients stop at 255 characters.",
        fix:
            "Use lower-case letters, digits and single separators in the name, and at most 128 of A-Z a-z 0-9 _ . - in a tag.",
        source: Page.distribution)
    static let digests = Rule(
        "R02", "registry.layout.digest", .error, .layout,
        "The blob of every descriptor is there, in the size and with the digest that the descriptor states.",
        why: "A registry refuses the upload, or worse, nobody can pull the image.",
        fix: "Assemble or fetch the image again; the bytes on disk are not the image's.", source: Page.layout)
    static let mediaTypes = Rule(
        "R03", "registry.layout.media-types", .error, .layout,
        "The mediaType inside a document is the type that it is pushed as, and OCI and Docker types are not mixed.",
        why:
            "Registries compare both, and several clients fail on an image of two families (apple/containerization#749).",
        fix: "Write the image again in one family of media types, OCI for preference.", source: Page.distribution)
    static let platforms = Rule(
        "R04", "registry.image.platforms", .error, .layout, "The index has every platform that is promised.",
        why: "Users of the missing platform get an error where they had an image before.",
        fix: "Build the missing platform, or take it out of the promised ones.", source: Page.publisher)
    static let platformConfig = Rule(
        "R05", "registry.image.platform-config", .error, .layout,
        "Operating system and architecture in the index are those of the image's configuration.",
        why: "An engine picks by the index and runs by the configuration.",
        fix: "Correct the platform in the index, or put the right image under it.", source: Page.index)
    static let diffIDs = Rule(
        "R06", "registry.layer.diff-id", .error, .layout,
        "There is one diff_id for every layer, and it is the digest of the unpacked layer.",
        why: "Engines verify it while they unpack, and refuse the image.",
        fix: "Write the configuration again from the layers as they are.", source: Page.config)
    static let manifestSize = Rule(
        "R07", "registry.manifest.size", .error, .layout, "Index and manifests are smaller than 4 MiB.",
        why: "Registries need not take larger ones, and most do not.",
        fix: "Leave out annotations and embedded data, or split the index.", source: Page.distribution)
    static let releaseTags = Rule(
        "R08", "registry.tag.release", .error, .registry,
        "A base image goes under one tag, its version in lower case, and under aliases that never move to a lower version.",
        why: "A user of an alias would be taken back to an older system without a word.",
        fix:
            "Correct the tags, or give --allow-alias-downgrade (in a plan: allow_alias_downgrade) if the alias shall go back.",
        source: Page.tags)
    static let immutableTags = Rule(
        "R09", "registry.tag.immutable", .error, .registry,
        "The tag of a version that is published is not given other content, unless that is asked for.",
        why: "Published images are not withdrawn, and a version's name promises one content.",
        fix: "Publish under another tag, or give --update (in a plan: update) if this is an update build.",
        source: Page.images)
    static let shellCommand = Rule(
        "R10", "registry.image.shell-command", .warning, .layout,
        "A base image starts a shell by default, without an entrypoint, and has bash.",
        why: "Users try an image with `docker run IMAGE bash`.",
        fix: "Set Cmd to [\"bash\"], leave Entrypoint empty, and install bash.", source: Page.official + "#consistency")
    static let entrypoint = Rule(
        "R11", "registry.image.entrypoint", .warning, .layout, "An image without a shell has an entrypoint.",
        why: "Without either, no command line of a user's works.",
        fix: "Set Entrypoint to the program that the image is for.",
        source: Page.official + "#consistency")
    static let user = Rule(
        "R12", "registry.image.user", .warning, .layout, "The default user is not root.",
        why: "Whoever breaks out of the program is root in the container.",
        fix: "Set User in the configuration to an ordinary user; a system's base image may leave it.",
        source: Page.scout)
    static let attestations = Rule(
        "R13", "registry.image.attestations", .warning, .layout,
        "Every platform has an SBOM (SPDX) and a provenance of mode max attached.",
        why: "Scanners and policies read what is in an image, and where it comes from, there.",
        fix: "Build with --attest type=sbom and --attest type=provenance,mode=max, or attach both afterwards.",
        source: Page.scout)
    static let fixable = Rule(
        "R14", "registry.vulnerabilities.fixable", .warning, .config,
        "No critical or high vulnerability is in the image for which a fixed package exists.",
        why: "The fix is there; the users only lack it.", fix: "Update the packages and build again.",
        source: Page.scout)
    static let exploited = Rule(
        "R15", "registry.vulnerabilities.exploited", .error, .config,
        "None of the high-profile vulnerabilities, nor one that is known to be exploited, is in the image.",
        why: "They are being used by attackers today (the CISA catalogue lists them).",
        fix: "Update or remove the package before the image is published.", source: Page.scout)
    static let agpl = Rule(
        "R16", "registry.licences.agpl", .info, .layout, "No package is under the AGPL version 3.",
        why: "Many users may not run such programs as a service.", fix: "Leave the package out, or tell the users.",
        source: Page.scout)
    static let currentBase = Rule(
        "R17", "registry.base.current", .warning, .registry, "The base image is the one that its tag names now.",
        why: "Otherwise the image lacks fixes that its base already has.",
        fix: "Build again on the base's present digest.",
        source: Page.scout)
    static let annotations = Rule(
        "R18", "registry.image.annotations", .warning, .layout,
        "Index, manifests and labels state title, description, version, created, source, revision, licenses, vendor, url and "
            + "documentation.",
        why: "Registries and scanners show them, and nothing else says where the image comes from.",
        fix: "Add the missing org.opencontainers.image annotations; licenses is an SPDX expression.",
        source: Page.annotations)
    static let baseAnnotations = Rule(
        "R19", "registry.base.annotations", .warning, .layout,
        "An image on a base states the base's name and digest.",
        why: "Without them nobody can tell whether the base is outdated.",
        fix: "Add org.opencontainers.image.base.name and base.digest.", source: Page.annotations)
    static let created = Rule(
        "R20", "registry.image.created", .warning, .layout,
        "The creation time is RFC 3339, that of the sources, and not in the future.",
        why: "An image built twice has one digest only if its times come from its sources.",
        fix: "Build with SOURCE_DATE_EPOCH set to the time of the sources.", source: Page.reproducible)
    static let buildInputs = Rule(
        "R31", "registry.build.inputs", .error, .config,
        "Whatever the build fetched came over HTTPS, with a signature or a pinned checksum.",
        why: "Everything else can be replaced on its way.",
        fix: "Fetch over HTTPS and pin the SHA-256 or verify a signature.",
        source: Page.official + "#security")
    static let repeatable = Rule(
        "R32", "registry.build.repeatable", .warning, .config, "A second build gives the same image, or fails.",
        why: "Only then can others see that the image is what its sources say.",
        fix: "Pin versions and times, build twice and compare the digests.", source: Page.official + "#repeatability")
    static let secrets = Rule(
        "R33", "registry.image.secrets", .error, .layout,
        "No secret is in the configuration's environment, labels and history, or in a file of a layer.",
        why: "Everybody who can pull the image can read it, also from a layer whose file a later one removes.",
        fix: "Revoke the secret, then build without it; a later layer that removes it does not help.",
        source: "https://docs.docker.com/build/building/secrets/")
    static let leftovers = Rule(
        "R34", "registry.layer.leftovers", .warning, .layout,
        "The layers add no set-id program, no directory that all may write without sticky bit, no package cache, machine id, "
            + "name server or name outside of the root.",
        why: "They weaken the system, belong to the machine that built it, or are dead weight.",
        fix: "Remove them in the step that makes them.", source: Page.publisher)
    static let compression = Rule(
        "R35", "registry.layer.compression", .warning, .layout,
        "Layers are gzip, unless every target takes zstd, and none lies elsewhere.",
        why: "Older clients cannot read zstd, and a layer at a foreign address can vanish.",
        fix: "Compress the layers with gzip and push all of them.", source: Page.layer)
    static let signature = Rule(
        "R36", "registry.image.signature", .info, .registry,
        "A signature is there and verifies with the configured key.",
        why: "It ties the image to its publisher, whatever registry it came from.",
        fix: "Sign the image's digest with cosign.",
        source: Page.signatures)
}
