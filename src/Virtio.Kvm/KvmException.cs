using System.Runtime.InteropServices;
using Virtio.Kvm.Interop;

namespace Virtio.Kvm;

/// <summary>A call of KVM failed. The message names the call and the error: <c>KVM_CREATE_VCPU: EINVAL (Invalid argument)</c>.</summary>
public sealed class KvmException : IOException
{
    internal KvmException(string call, int errorNumber, string? detail = null)
        : base($"{call}: {NameOf(errorNumber)} ({Marshal.GetPInvokeErrorMessage(errorNumber)}){(detail is null ? "" : ": " + detail)}")
    {
        Call = call;
        ErrorNumber = errorNumber;
    }

    internal KvmException(string call, string message)
        : base($"{call}: {message}") => Call = call;

    /// <summary>The call as linux/kvm.h names it, or the path of the device that did not open.</summary>
    public string Call { get; }

    /// <summary>The error as <c>errno</c>; 0 if the call itself succeeded, but not for every part of the request.</summary>
    public int ErrorNumber { get; }

    private static string NameOf(int errorNumber) =>
        ErrorNumbers.Names.TryGetValue(errorNumber, out string? name) ? name : $"errno {errorNumber}";
}
