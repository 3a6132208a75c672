import ReaderRuntime

ImageServer.main()
