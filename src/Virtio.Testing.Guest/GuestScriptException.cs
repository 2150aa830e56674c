using Virtio.Vmm;

namespace Virtio.Testing.Guest;

/// <summary>A script in the guest failed, or the guest did not answer. The message shows all there is to see of it.</summary>
public sealed class GuestScriptException : Exception
{
    /// <summary>Makes one without a message.</summary>
    public GuestScriptException()
    {
    }

    /// <summary>Makes one.</summary>
    public GuestScriptException(string message)
        : base(message)
    {
    }

    /// <summary>Makes one with its cause.</summary>
    public GuestScriptException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    /// <summary>How the guest ended, where that is why the script did not.</summary>
    public MicroVmExit? Exit { get; init; }
}
