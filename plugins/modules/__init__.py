"""Python modules that come with AppSteer. None is loaded unless asked for: `appsteer plugins load FILE`."""
