import ProviderRuntime

ProviderWorker.main()
