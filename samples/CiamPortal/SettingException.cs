namespace CiamPortal;

/// <summary>A setting with which the server cannot start. The message names it and says what to do.</summary>
internal sealed class SettingException(string message) : Exception(message);
