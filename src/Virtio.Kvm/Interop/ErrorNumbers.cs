namespace Virtio.Kvm.Interop;

/// <summary>The errors that KVM's calls return, by number and name.</summary>
internal static class ErrorNumbers
{
    internal const int PermissionDenied = 1;
    internal const int NoEntry = 2;
    internal const int Interrupted = 4;
    internal const int TooBig = 7;
    internal const int TryAgain = 11;
    internal const int AccessDenied = 13;
    internal const int Busy = 16;
    internal const int InvalidArgument = 22;
    internal const int NoSuchRequest = 25;

    /// <summary>The names of the errors.</summary>
    internal static IReadOnlyDictionary<int, string> Names { get; } = new Dictionary<int, string>
    {
        [PermissionDenied] = "EPERM",
        [NoEntry] = "ENOENT",
        [Interrupted] = "EINTR",
        [5] = "EIO",
        [6] = "ENXIO",
        [TooBig] = "E2BIG",
        [9] = "EBADF",
        [TryAgain] = "EAGAIN",
        [12] = "ENOMEM",
        [AccessDenied] = "EACCES",
        [14] = "EFAULT",
        [Busy] = "EBUSY",
        [17] = "EEXIST",
        [19] = "ENODEV",
        [InvalidArgument] = "EINVAL",
        [23] = "ENFILE",
        [24] = "EMFILE",
        [NoSuchRequest] = "ENOTTY",
        [28] = "ENOSPC",
        [38] = "ENOSYS",
        [95] = "EOPNOTSUPP",
        [133] = "EHWPOISON",
    };
}
