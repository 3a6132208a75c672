extension Rule {
    static let shortDescription = Rule(
        "R21", "registry.text.short-description", .error, .text,
        "There is a short description of at most 100 bytes.",
        why: "The hub refuses a longer one, and counts bytes (localstack/localstack#8076).",
        fix: "Write one line of at most 100 bytes.", source: Page.repositories)
    static let fullDescription = Rule(
        "R22", "registry.text.full-description", .error, .text,
        "There is a full description, in UTF-8, of less than 25,000 bytes.",
        why: "The hub refuses a longer one.", fix: "Shorten the README below 25,000 bytes, or link to the rest.",
        source: "https://github.com/christian-korneck/docker-pushrm/issues/28")
    static let sections = Rule(
        "R23", "registry.text.sections", .warning, .text,
        "The full description says what the image is, how it is run, its tags, source, licence and contact.",
        why: "It is all that most users read, and reviewers of the programmes ask for it.",
        fix: "Add a heading for each missing part, and a link to the source.", source: Page.repositories)
    static let tagList = Rule(
        "R24", "registry.text.tags", .warning, .text,
        "The tags that the full description lists are those that are there.",
        why: "A user who copies a tag from the text gets an error or an old image.",
        fix: "Write the list anew with every release.", source: Page.images)
    static let links = Rule(
        "R25", "registry.text.links", .warning, .text, "Links and pictures in the full description are absolute.",
        why: "The hub shows the text outside of its source repository.", fix: "Write the whole https:// address.",
        source: Page.repositories)
    static let categories = Rule(
        "R26", "registry.text.categories", .info, .text,
        "There are at most 3 categories; a logo is PNG or JPEG, 120 to 1000 pixels wide and high, at most 5 MB.",
        why: "The hub refuses others.", fix: "Choose at most three categories, and scale or convert the logo.",
        source: Page.repositories)
    static let openSource = Rule(
        "R27", "registry.programme.open-source", .warning, .registry,
        "All repositories are public, the licence is approved by the OSI, a tag was pushed in the last 12 months, and the project "
            + "has no path to commerce.",
        why: "These are the terms of the sponsored open source programme.",
        fix: "Open or move the private repositories, and keep publishing.", source: Page.sponsored)
    static let pullLimit = Rule(
        "R28", "registry.programme.pull-limit", .info, .registry,
        "The registry states no pull limit for the repository.",
        why:
            "A sponsored or verified publisher's images are pulled without limit; the header shows whether that is so.",
        fix: "Apply for a programme, or ask Docker why the status has no effect.", source: Page.verified)
    static let verifiedPublisher = Rule(
        "R29", "registry.programme.verified-publisher", .info, .config,
        "The Verified Publisher programme is for a commercial vendor's namespace.",
        why: "A community project is no commercial publisher.",
        fix: "Apply for the sponsored open source programme instead.",
        source: Page.verified)
    static let officialImage = Rule(
        "R30", "registry.programme.official", .info, .config,
        "An Official Image has an OSI licence, a fitting category, a change to the documentation, two reviews, only official or "
            + "empty bases, and its root file systems in a single commit.",
        why: "These are the points of the checklist for new Official Images.",
        fix: "Work through the checklist; the status is not needed to publish.", source: Page.officialChecklist)
}
