using Virtio.Vmm;

namespace Virtio.Testing.Guest;

/// <summary>A script in the guest failed, or the guest did not answer. The message contains everything that was recorded of it.</summary>
public sealed class GuestScriptException : Exception
{
    /// <summary>Makes an exception without a message.</summary>
    public GuestScriptException()
    {
    }

    /// <summary>Makes an exception with a message.</summary>
    public GuestScriptException(string message)
        : base(message)
    {
    }

    /// <summary>Makes an exception with a message and its cause.</summary>
    public GuestScriptException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>How the guest ended, if the script did not end because of that.</summary>
    public MicroVmExit? Exit { get; init; }
}
